using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Learning;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot;

/// <summary>
/// What adaptation left for one task: it answers queries and can be saved to one file. Prediction is thread-safe.
/// </summary>
/// <remarks>
/// Under <see cref="NormStatistics.Query"/> the queries of one call are normalised together, so an answer depends on the others in the call; under the
/// other choices each query is answered for itself.
/// </remarks>
public sealed class AdaptedModel : IDisposable
{
    /// <summary>The most queries one program answers; more are answered in turns, where they do not depend on each other.</summary>
    private const int LargestBatch = 64;

    private readonly Learner _learner;
    private readonly IReadOnlyList<StoredTensor> _state;
    private readonly (string Name, Shape Shape)[] _entries;
    private readonly ConcurrentDictionary<int, Lazy<WorkerPool>> _workers = new();
    private volatile bool _disposed;

    internal AdaptedModel(Learner learner, IReadOnlyList<StoredTensor> state, int ways, int outputs, IReadOnlyList<string>? classNames)
    {
        if (classNames is not null && classNames.Count != ways)
        {
            throw new ArgumentException($"{classNames.Count} names for {ways} classes", nameof(classNames));
        }

        if (classNames is not null && Misnamed(classNames) is { } fault)
        {
            throw new ArgumentException(fault, nameof(classNames));
        }

        _learner = learner;
        Threads = learner.Threads;
        _state = state;
        _entries = [.. state.Select(tensor => (tensor.Name, new Shape([.. tensor.Shape])))];
        Ways = ways;
        Outputs = outputs;
        ClassNames = classNames;
    }

    /// <summary>Classes of the task, or values of a regression.</summary>
    public int Ways { get; }

    /// <summary>Names of the classes, if they were given.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>The learner's specification.</summary>
    public LearnerSpecification Specification => _learner.Specification;

    /// <summary>The most threads of one prediction, as <see cref="Learner.Threads"/>, which it begins with. Set it before the first prediction.</summary>
    public int Threads
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }

    /// <summary>Width of the network's answer: at least <see cref="Ways"/>.</summary>
    private int Outputs { get; }

    /// <summary>Reads a model that <see cref="Save"/> wrote.</summary>
    /// <exception cref="StorageException">It is missing, damaged or something else.</exception>
    public static AdaptedModel Load(string path)
    {
        SafetensorsFile file = Safetensors.Read(path);
        if (file.Metadata.ContainsKey("learner"))
        {
            throw new StorageException($"'{path}' is a learner, not a model adapted to a task; load it as a learner and adapt it");
        }

        LearnerSpecification specification = LearnerSpecification.FromJson(file.RequiredMetadata("adapted_learner"), path);
        TaskGraphs graphs = TaskGraphs.Of(specification);
        try
        {
            IReadOnlyList<string>? names = file.Metadata.TryGetValue("class_names", out string? json) ? ReadClassNames(json, path) : null;
            int ways = int.Parse(file.RequiredMetadata("ways"), NumberStyles.None, CultureInfo.InvariantCulture);
            int outputs = int.Parse(file.RequiredMetadata("outputs"), NumberStyles.None, CultureInfo.InvariantCulture);
            if (file.Tensors.FirstOrDefault(tensor => tensor.Element != StoredElement.Float32) is { } other)
            {
                throw new ArgumentException($"'{other.Name}' is {other.Element}, not {StoredElement.Float32}");
            }

            foreach (StoredTensor tensor in file.Tensors)
            {
                StoredParameters.RequireFinite(tensor, path);
            }

            // Tracing one answer finds a missing or misshapen tensor now, before memory is taken for what the description claims.
            Shape answers = graphs.Predict([.. file.Tensors.Select(tensor => (tensor.Name, new Shape([.. tensor.Shape])))], 1).Outputs[0].Tensor.Shape;
            if (answers != new Shape(1, outputs) || ways < 1 || ways > outputs)
            {
                throw new ArgumentException($"it answers {answers}, not {outputs} values of which {ways} are used");
            }

            var learner = new Learner(specification, new ParameterSet(graphs.Method.MetaParameters(graphs.Model)));
            return new AdaptedModel(learner, file.Tensors, ways, outputs, names);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException or KeyNotFoundException)
        {
            throw new StorageException($"'{path}' is no adapted model of its learner: {error.Message}; adapt and save it again", error);
        }
    }

    /// <summary>Writes the model to one file.</summary>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    public void Save(string path)
    {
        var metadata = new Dictionary<string, string>
        {
            ["adapted_learner"] = Specification.ToJson().ToJsonString(),
            ["ways"] = Ways.ToString(CultureInfo.InvariantCulture),
            ["outputs"] = Outputs.ToString(CultureInfo.InvariantCulture),
        };
        if (ClassNames is not null)
        {
            metadata["class_names"] = new JsonArray([.. ClassNames.Select(name => (JsonNode)name)]).ToJsonString();
        }

        Safetensors.Write(path, _state, metadata);
    }

    /// <summary>Probabilities of the classes [queries, ways], or the values of a regression [queries, outputs].</summary>
    /// <param name="inputs">Queries, row-major, one after another.</param>
    /// <exception cref="ArgumentException">The values do not make whole examples.</exception>
    public float[] Predict(ReadOnlySpan<float> inputs)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int size = _learner.Graphs.Model.Input.Count;
        if (inputs.Length == 0 || inputs.Length % size != 0)
        {
            throw new ArgumentException($"{inputs.Length} values do not make whole examples of {_learner.Graphs.Model.Input} ({size} values each)", nameof(inputs));
        }

        int count = inputs.Length / size;
        int batch = Specification.NormStatistics == NormStatistics.Query ? count : Math.Min(count, LargestBatch);
        var result = new float[count * Ways];
        for (int start = 0; start < count; start += batch)
        {
            int part = Math.Min(batch, count - start);
            Answer(inputs.Slice(start * size, part * size), part, result.AsSpan(start * Ways, part * Ways));
        }

        return result;
    }

    /// <summary>
    /// What to know before that many queries are asked in one call: under <see cref="NormStatistics.Query"/>, fewer than the learner was measured with are
    /// answered worse. Null where nothing is to be said. Where it is not known how many queries that were, one for each class is taken for enough.
    /// </summary>
    /// <param name="queries">How many queries are asked together, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no queries.</exception>
    public string? CautionFor(int queries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queries, 1);
        int enough = Specification.QueryCount ?? Ways;
        return Specification.NormStatistics != NormStatistics.Query || queries >= enough || !_learner.Graphs.Model.Normalizes
            ? null
            : $"normalisation takes its statistics from the queries asked together: {queries} {(queries == 1 ? "is" : "are")} asked, "
                + $"{(Specification.QueryCount is null ? "fewer than there are classes" : $"and the learner was measured with {enough}")}, so the answers may be much worse; "
                + $"ask more together, of all classes, or adapt with {nameof(NormStatistics)} {NormStatistics.Support}, under which each query is answered for itself";
    }

    /// <summary>The most probable class of each query.</summary>
    public int[] Classify(ReadOnlySpan<float> inputs)
    {
        float[] probabilities = Predict(inputs);
        var classes = new int[probabilities.Length / Ways];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = TensorPrimitives.IndexOfMax(probabilities.AsSpan(i * Ways, Ways));
        }

        return classes;
    }

    // Names are how a program tells the answers apart.
    private static string? Misnamed(IReadOnlyList<string> names)
    {
        var seen = new HashSet<string>();
        for (int i = 0; i < names.Count; i++)
        {
            if (string.IsNullOrEmpty(names[i]))
            {
                return $"class {i} has no name; name every class, or none";
            }

            if (!seen.Add(names[i]))
            {
                return $"two classes are named '{names[i]}'; give each a name of its own";
            }
        }

        return null;
    }

    private static string[] ReadClassNames(string json, string path)
    {
        const string subject = "what its classes are called";
        JsonNode? names = StoredJson.Parse(Encoding.UTF8.GetBytes(json), path, subject);
        return names is JsonArray list && list.All(name => name is JsonValue value && value.GetValueKind() == JsonValueKind.String)
            ? [.. list.Select(name => (string)name!)]
            : throw StoredJson.Fault(path, subject, "'class_names' is not a list of names");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        foreach (Lazy<WorkerPool> pool in _workers.Values.Where(pool => pool.IsValueCreated))
        {
            pool.Value.Dispose();
        }
    }

    private void Answer(ReadOnlySpan<float> inputs, int count, Span<float> result)
    {
        WorkerPool pool = _workers.GetOrAdd(count, key => new Lazy<WorkerPool>(
            () => new WorkerPool(_learner.PredictionProgram(_entries, Outputs, key), Threads, LoadState))).Value;
        IWorker<float> worker = pool.Take();
        try
        {
            inputs.CopyTo(worker.Input(_state.Count));
            worker.Run();
            ReadOnlySpan<float> answers = worker.Output(0);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> row = answers.Slice(i * Outputs, Ways);
                Span<float> target = result.Slice(i * Ways, Ways);
                if (Specification.Kind == Tasks.TaskKind.Classification)
                {
                    TensorPrimitives.SoftMax(row, target);
                }
                else
                {
                    row.CopyTo(target);
                }
            }
        }
        finally
        {
            pool.Return(worker);
        }
    }

    private void LoadState(IWorker<float> worker)
    {
        for (int i = 0; i < _state.Count; i++)
        {
            _state[i].Float32.CopyTo(worker.Input(i));
        }
    }
}
