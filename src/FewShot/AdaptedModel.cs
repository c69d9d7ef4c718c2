using System.Numerics;
using System.Numerics.Tensors;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot;

/// <summary>
/// What adaptation left for one task: it answers queries and can be saved to one file. Prediction is thread-safe.
/// </summary>
/// <remarks>
/// Under <see cref="NormStatistics.Query"/> the queries of one call are normalised together, so an answer depends on the others in the
/// call; under the other choices each query is answered for itself. A model holds what adaptation changed; it shares programs, weights and
/// working memory with its learner and with the learner's other models, so thousands cost no more than that, whether they are disposed or
/// not.
/// </remarks>
/// <example>
/// <code>
/// using AdaptedModel model = learner.Adapt(images, labels, ["cat", "dog", "owl"]);
/// foreach (ClassPrediction answer in model.Recognize(newImages))
/// {
///     Console.WriteLine($"{answer.Name}: {answer.Probability:P0}");
/// }
///
/// model.Save("mine.safetensors"); // AdaptedModel.Load("mine.safetensors") anywhere else
/// </code>
/// </example>
public sealed class AdaptedModel : IDisposable
{
    /// <summary>The most queries one program answers; more are answered in turns, where they do not depend on each other.</summary>
    private const int LargestBatch = 64;

    private readonly AdaptationPrograms _programs;
    private readonly TaskState _state;
    private readonly bool _isAlone;
    private volatile bool _disposed;

    internal AdaptedModel(
        AdaptationPrograms programs,
        TaskState state,
        int threads,
        int ways,
        int outputs,
        IReadOnlyList<string>? classNames,
        bool isAlone = false
    )
    {
        if (classNames is not null && classNames.Count != ways)
        {
            throw new ArgumentException($"{classNames.Count} names for {ways} classes", nameof(classNames));
        }

        if (classNames is not null && Misnamed(classNames) is { } fault)
        {
            throw new ArgumentException(fault, nameof(classNames));
        }

        _programs = programs;
        _state = state;
        _isAlone = isAlone;
        Threads = threads;
        Ways = ways;
        Outputs = outputs;
        ClassNames = classNames;
    }

    /// <summary>How many classes the task has, or how many values a regression predicts.</summary>
    public int Ways { get; }

    /// <summary>The names of the classes, in the order of their labels; null where none were given.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>What the learner is that the model was adapted by.</summary>
    public LearnerDefinition Definition => _programs.Definition;

    /// <summary>The most threads of one prediction, the caller's included, as <see cref="Learner.Threads"/> is for adaptation.</summary>
    /// <value>The learner's threads by default; for a model loaded by itself as many as there are cores, at most 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
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

    /// <summary>
    /// Reads a self-contained model that <see cref="Save"/> wrote. It has programs and memory of its own, until it is disposed.
    /// </summary>
    /// <param name="path">The path of a self-contained file that <see cref="Save"/> wrote.</param>
    /// <exception cref="StorageException">It is missing, damaged or something else, or holds only what adaptation changed.</exception>
    public static AdaptedModel Load(string path)
    {
        var file = AdaptedModelFile.Read(path);
        (AdaptationPrograms programs, TaskState state) = file.Alone(path);
        return Of(file, programs, state, WorkerPool.DefaultThreads, path, isAlone: true);
    }

    /// <summary>
    /// Reads a model that <see cref="Save"/> wrote, in either form, to share programs, weights and memory with the learner it was adapted
    /// by, as a model that was just adapted does. Where it was adapted under other settings than the learner's, such as a pattern, it
    /// shares the weights alone.
    /// </summary>
    /// <param name="path">The path of a file that <see cref="Save"/> wrote, in either form.</param>
    /// <param name="learner">The learner whose weights it was adapted from.</param>
    /// <exception cref="StorageException">It is missing, damaged or something else, or was adapted by another learner.</exception>
    public static AdaptedModel Load(string path, Learner learner)
    {
        ArgumentNullException.ThrowIfNull(learner);
        var file = AdaptedModelFile.Read(path);
        (AdaptationPrograms programs, TaskState state) = file.With(learner.Programs, path);
        return Of(file, programs, state, learner.Threads, path, isAlone: programs != learner.Programs);
    }

    /// <summary>Writes the model to one file.</summary>
    /// <param name="path">The path of the file to write.</param>
    /// <param name="selfContained">
    /// Whether the file holds the learner's weights too, so that it can be handed on. Without them it holds what adaptation changed, which
    /// is a few kilobytes where the body of the network does not change, and a hash of the learner's weights; it is read by
    /// <see cref="Load(string, Learner)"/> alone.
    /// </param>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    /// <exception cref="ArgumentException">
    /// The model comes from a file that does not say what adaptation changed, so it can only be written whole.
    /// </exception>
    public void Save(string path, bool selfContained = true)
    {
        if (!selfContained && _programs.WeightsHash is null)
        {
            throw new ArgumentException(
                "this model comes from a file of an earlier version, which does not say what adaptation changed: save it "
                    + "self-contained, or load it with its learner",
                nameof(selfContained)
            );
        }

        IEnumerable<StoredTensor> weights = selfContained
            ? _programs
                .Unchanged(_state)
                .Select(weight => new StoredTensor(weight.Name, weight.Shape.Extents.ToArray(), weight.Values.ToArray()))
            : [];
        string[]? changed = selfContained && _programs.WeightsHash is not null ? [.. _state.Entries.Select(entry => entry.Name)] : null;
        new AdaptedModelFile(Definition, [.. _state.Tensors, .. weights], changed, _programs.WeightsHash, Ways, Outputs, ClassNames).Write(
            path
        );
    }

    /// <summary>Probabilities of the classes [queries, ways], or the values of a regression [queries, outputs]; all finite.</summary>
    /// <param name="inputs">Queries, row-major, one after another.</param>
    /// <exception cref="QueryException">Queries hold NaN or infinity, or overflow; it says which.</exception>
    /// <exception cref="ArgumentException">The values do not make whole examples.</exception>
    public float[] Predict(ReadOnlySpan<float> inputs)
    {
        float[] result = new float[CountOf(inputs) * Ways];
        Predict(inputs, result);
        return result;
    }

    /// <summary>
    /// Answers queries that are given as a tensor: probabilities [queries, ways], or the values of a regression [queries, outputs]; all
    /// finite.
    /// </summary>
    /// <param name="inputs">A tensor [queries, ...] with the queries along its first axis.</param>
    /// <inheritdoc cref="Predict(ReadOnlySpan{float})"/>
    public float[] Predict(ReadOnlyTensorSpan<float> inputs)
    {
        float[] values = new float[checked((int)inputs.FlattenedLength)];
        inputs.FlattenTo(values);
        return Predict(values);
    }

    /// <summary>Writes probabilities or values into memory of the caller's: once its programs are compiled, nothing is allocated.</summary>
    /// <param name="inputs">Queries, row-major, one after another.</param>
    /// <param name="destination">Receives [queries, ways] probabilities, or [queries, outputs] values.</param>
    /// <exception cref="QueryException">Queries hold NaN or infinity, or overflow; it says which.</exception>
    /// <exception cref="ArgumentException">The values do not make whole examples, or the destination is of another length.</exception>
    public void Predict(ReadOnlySpan<float> inputs, Span<float> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int count = CountOf(inputs);
        if (destination.Length != count * Ways)
        {
            throw new ArgumentException(
                $"the answers to {count} queries are {count * Ways} values, the destination has {destination.Length}",
                nameof(destination)
            );
        }

        int size = inputs.Length / count;
        RequireFinite(inputs, size);
        List<int>? faults = null;
        for (int start = 0, part; start < count; start += part)
        {
            // Few sizes of batch, the powers of two, so that few programs serve any number of queries.
            part = AnswersTogether ? count : 1 << BitOperations.Log2((uint)Math.Min(count - start, LargestBatch));
            Answer(inputs.Slice(start * size, part * size), start, part, destination.Slice(start * Ways, part * Ways), ref faults);
        }

        if (faults is not null)
        {
            throw new QueryException(
                Culprits(inputs, size, faults),
                "the answer is no finite number, so the values are too large for the network; prepare queries as the training data were"
            );
        }
    }

    /// <summary>The most probable class of each query, with its name and probability.</summary>
    /// <param name="inputs">Queries, row-major, one after another.</param>
    /// <returns>One answer for each query, in their order.</returns>
    /// <exception cref="QueryException">Queries hold NaN or infinity, or overflow; it says which.</exception>
    /// <exception cref="ArgumentException">The values do not make whole examples.</exception>
    /// <exception cref="InvalidOperationException">The model predicts values, not classes.</exception>
    public ClassPrediction[] Recognize(ReadOnlySpan<float> inputs)
    {
        float[] probabilities = Predict(inputs);
        if (Definition.Kind != TaskKind.Classification)
        {
            throw new InvalidOperationException("this model predicts values of a regression and recognizes no classes; call Predict");
        }

        var answers = new ClassPrediction[probabilities.Length / Ways];
        for (int i = 0; i < answers.Length; i++)
        {
            int label = TensorPrimitives.IndexOfMax(probabilities.AsSpan(i * Ways, Ways));
            answers[i] = new ClassPrediction(label, ClassNames?[label], probabilities[(i * Ways) + label]);
        }

        return answers;
    }

    /// <summary>
    /// What to know before that many queries are asked in one call: under <see cref="NormStatistics.Query"/>, fewer than the learner was
    /// measured with are answered worse. Null where nothing is to be said. Where it is not known how many queries that were, one for each
    /// class is taken for enough.
    /// </summary>
    /// <param name="queries">How many queries are asked together, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no queries.</exception>
    public string? WarningFor(int queries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queries, 1);
        int enough = Definition.QueryCount ?? Ways;
        return Definition.NormStatistics != NormStatistics.Query || queries >= enough || !_programs.Graphs.Model.Normalizes
            ? null
            : $"normalisation takes its statistics from the queries asked together: {queries} {(queries == 1 ? "is" : "are")} asked, "
                + $"{(Definition.QueryCount is null ? "fewer than there are classes" : $"and the learner was measured with {enough}")}, "
                + "so the answers may be much worse; "
                + $"ask more together, of all classes, or adapt with {nameof(NormStatistics)} {NormStatistics.Support}, under which "
                + "each query is answered for itself";
    }

    /// <summary>The most probable class of each query.</summary>
    /// <param name="inputs">Queries, row-major, one after another.</param>
    /// <exception cref="QueryException">Queries hold NaN or infinity, or overflow; it says which.</exception>
    /// <exception cref="ArgumentException">The values do not make whole examples.</exception>
    public int[] Classify(ReadOnlySpan<float> inputs)
    {
        float[] probabilities = Predict(inputs);
        int[] classes = new int[probabilities.Length / Ways];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = TensorPrimitives.IndexOfMax(probabilities.AsSpan(i * Ways, Ways));
        }

        return classes;
    }

    /// <summary>Ends the model; one that was loaded by itself gives its memory back, others share their learner's.</summary>
    public void Dispose()
    {
        _disposed = true;
        if (_isAlone)
        {
            _programs.Dispose();
        }
    }

    // How many examples the values make.
    private int CountOf(ReadOnlySpan<float> inputs)
    {
        Shape example = _programs.Graphs.Model.Input;
        int size = example.Count;
        return inputs.Length > 0 && inputs.Length % size == 0
            ? inputs.Length / size
            : throw new ArgumentException(
                $"{inputs.Length} values do not make whole examples of {example} ({size} values each)",
                nameof(inputs)
            );
    }

    private bool AnswersTogether => Definition.NormStatistics == NormStatistics.Query;

    private static AdaptedModel Of(
        AdaptedModelFile file,
        AdaptationPrograms programs,
        TaskState state,
        int threads,
        string path,
        bool isAlone
    )
    {
        try
        {
            // Tracing one answer finds a missing or misshapen tensor now, before memory is taken for what the description claims.
            Shape answers = programs.Answer(state);
            return answers == new Shape(1, file.Outputs) && file.Ways >= 1 && file.Ways <= file.Outputs
                ? new AdaptedModel(programs, state, threads, file.Ways, file.Outputs, file.ClassNames, isAlone)
                : throw new ArgumentException($"it answers {answers}, not {file.Outputs} values of which {file.Ways} are used");
        }
        catch (Exception error) when (error is ArgumentException or OverflowException or KeyNotFoundException)
        {
            throw AdaptedModelFile.NotAModel(path, error.Message, error);
        }
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

    private static void RequireFinite(ReadOnlySpan<float> inputs, int size)
    {
        if (TensorPrimitives.IsFiniteAll(inputs))
        {
            return;
        }

        var faults = new List<int>();
        for (int row = 0; row < inputs.Length / size; row++)
        {
            if (!TensorPrimitives.IsFiniteAll(inputs.Slice(row * size, size)))
            {
                faults.Add(row);
            }
        }

        throw new QueryException(faults, "a value is NaN or infinite; every value must be a finite number");
    }

    private void Answer(ReadOnlySpan<float> inputs, int first, int count, Span<float> result, ref List<int>? faults)
    {
        WorkerPool pool = _programs.Prediction(_state, count, Threads);
        PooledWorker pooled = pool.Take();
        try
        {
            IWorker<float> worker = pooled.Worker;
            int queries = _state.LoadInto(pooled, pool.Program.InputNames.Count - 1 - _state.Tensors.Count);
            inputs.CopyTo(worker.Input(queries));
            worker.Run();
            ReadOnlySpan<float> answers = worker.Output(0);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> row = answers.Slice(i * Outputs, Ways);
                Span<float> target = result.Slice(i * Ways, Ways);
                if (!TensorPrimitives.IsFiniteAll(row))
                {
                    (faults ??= []).Add(first + i);
                }
                else if (Definition.Kind == TaskKind.Classification)
                {
                    Reductions.SoftMax(row, target);
                }
                else
                {
                    row.CopyTo(target);
                }
            }
        }
        finally
        {
            pool.Return(pooled);
        }
    }

    /// <summary>Which of the queries that have no answer have none by themselves either; all, where it takes several.</summary>
    private List<int> Culprits(ReadOnlySpan<float> inputs, int size, List<int> faults)
    {
        List<int>? culprits = [];
        float[] unused = new float[Ways];
        foreach (int row in faults)
        {
            Answer(inputs.Slice(row * size, size), row, 1, unused, ref culprits);
        }

        return culprits is { Count: > 0 } ? culprits : faults;
    }
}
