using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using FewShot.Compute.Execution;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot;

/// <summary>
/// A trained few-shot learner: give it a support set, get a model for that task. Thread-safe; programs are compiled once for each size of
/// support set and kept, and so is the memory they run in, up to <see cref="MaxPrograms"/> of them.
/// </summary>
/// <remarks>
/// Any number of threads may adapt at once. One adaptation shares its larger steps among up to <see cref="Threads"/> threads: the caller's,
/// and helpers that the whole process has in common, one for each further core. An adaptation that finds them all helping others runs on
/// its caller's thread alone, so there are never more threads at work than callers and cores. The answers are the same bits in every case.
/// </remarks>
/// <example>
/// <code>
/// using Learner learner = Learner.Load("runs/omniglot");
/// using AdaptedModel model = learner.Adapt(learner.ReadImages(["a.png", "b.png"]), [0, 1]);
/// int[] classes = model.Classify(learner.ReadImages(["new.png"]));
/// </code>
/// </example>
public sealed class Learner : IDisposable
{
    /// <summary>Makes a learner of given parameters.</summary>
    /// <param name="definition">What the learner is.</param>
    /// <param name="parameters">The values of its meta-parameters.</param>
    /// <exception cref="ArgumentException">The parameters are not those of the definition.</exception>
    public Learner(LearnerDefinition definition, ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(parameters);
        Definition = definition;
        Parameters = parameters;
        TaskPrograms = TaskPrograms.Of(definition);
        IReadOnlyList<ParameterSpecification> needed = TaskPrograms.Method.MetaParameters(TaskPrograms.Model);
        if (
            !needed
                .Select(parameter => (parameter.Name, parameter.Shape))
                .SequenceEqual(parameters.Specifications.Select(parameter => (parameter.Name, parameter.Shape)))
        )
        {
            ParameterSpecification? fault = needed.FirstOrDefault(parameter =>
                !parameters.Contains(parameter.Name) || parameters[parameter.Name].Length != parameter.Shape.Count
            );
            throw new ArgumentException(
                "the parameters are not those of the learner's method and network"
                    + (fault is null ? "" : $", which have {fault.Name} {fault.Shape}"),
                nameof(parameters)
            );
        }

        Programs = new AdaptationPrograms(definition, TaskPrograms, WeightsOf(parameters), new Lazy<string?>(() => HashOf(parameters)));
    }

    /// <summary>What the learner is.</summary>
    public LearnerDefinition Definition { get; }

    /// <summary>The learner's meta-parameters. Do not change them once the learner is used.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The method that the learner was trained by.</summary>
    public Method Method => TaskPrograms.Method;

    /// <summary>
    /// The most threads of one adaptation or prediction, the caller's included. Models that were adapted before keep theirs.
    /// </summary>
    /// <value>As many as there are cores by default, at most 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int Threads
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = WorkerPool.DefaultThreads;

    /// <summary>
    /// The most compiled programs that the learner and all its models keep together: one for each size of support set, and one for each
    /// kind of state and number of queries at once (1, 2, 4 to 64; under <see cref="NormStatistics.Query"/> any number). The least recently
    /// used goes first, with its memory, which is some megabytes for a network such as conv4-64 on small images; who asks for it again
    /// waits until it is compiled. Fewer programs bound the memory of a server that takes what its users send; more serve more sizes
    /// without a wait.
    /// </summary>
    /// <value>32 programs by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int MaxPrograms
    {
        get => Programs.Capacity;
        set => Programs.Capacity = value;
    }

    internal TaskPrograms TaskPrograms { get; }

    internal AdaptationPrograms Programs { get; }

    /// <summary>Loads the best weights of a run folder, or a checkpoint file.</summary>
    /// <param name="path">A run folder, or a <c>.safetensors</c> file written by training.</param>
    /// <exception cref="StorageException">It is missing, damaged, or of another model.</exception>
    public static Learner Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Path.Exists(path))
        {
            throw new StorageException($"'{path}' does not exist; give the folder of a run, or a file of weights");
        }

        string file =
            File.Exists(path) ? path
            : File.Exists(RunFolder.BestPath(path)) ? RunFolder.BestPath(path)
            : RunFolder.LatestPath(path);
        Checkpoint checkpoint = Checkpoint.Read(file);
        if (!checkpoint.Metadata.TryGetValue("learner", out string? json))
        {
            throw new StorageException($"'{file}' does not say what its learner is; it is not a checkpoint of FewShot");
        }

        LearnerDefinition definition = LearnerDefinition.FromJson(json, file);
        TaskPrograms graphs = TaskPrograms.Of(definition);
        return new Learner(definition, StoredParameters.Read(checkpoint.Weights, graphs.Method.MetaParameters(graphs.Model), file));
    }

    /// <summary>Writes the learner to one file that <see cref="Load"/> reads.</summary>
    /// <param name="path">The path of the file to write.</param>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    public void Save(string path) =>
        new Checkpoint(
            0,
            StoredParameters.ToStored(Parameters),
            [],
            new Dictionary<string, string> { ["learner"] = Definition.ToJson().ToJsonString() }
        ).Write(path);

    /// <summary>
    /// Compiles the program that adapts to so many examples now, so that the first adaptation need not wait for it. Those that answer are
    /// compiled at the first question.
    /// </summary>
    /// <param name="supportCount">Support examples of the whole task.</param>
    /// <param name="ways">Classes of the task; null for as many as it was trained on.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no examples, or fewer than two classes.</exception>
    public void Prepare(int supportCount, int? ways = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(supportCount, 1);
        bool classifies = Definition.Kind == TaskKind.Classification;
        int outputs = classifies && !Definition.Method.Adaptation.NeedsHead ? ways ?? Definition.Outputs : Definition.Outputs;
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, classifies ? 2 : 1, nameof(ways));
        _ = Programs.Adaptation(supportCount, outputs, Threads);
    }

    /// <summary>Gives the memory of the learner and of all its models back; none of them can be used then.</summary>
    public void Dispose() => Programs.Dispose();

    /// <summary>Adapts to a classification task.</summary>
    /// <param name="inputs">
    /// Support examples, row-major, one after another, as <see cref="LearnerDefinition.Preparation"/> makes them: of images, height ×
    /// width × channels numbers, each sample / 255 (1 − sample / 255 for ink on paper), less the mean and divided by the scale of its
    /// channel (<c>ReadImages</c> of FewShot.Data gives them); of a table, each feature less its mean and divided by its scale. A learner
    /// without a preparation takes numbers scaled as in training.
    /// </param>
    /// <param name="labels">The class of each example, from 0; every class occurs at least once.</param>
    /// <param name="classNames">Names of the classes, to be kept with the model; optional.</param>
    /// <returns>A model for the task.</returns>
    /// <exception cref="ArgumentException">
    /// Sizes do not fit the learner, a label is missing, or a value is not finite; the message says which.
    /// </exception>
    public AdaptedModel Adapt(ReadOnlySpan<float> inputs, ReadOnlySpan<int> labels, IReadOnlyList<string>? classNames = null)
    {
        if (Definition.Kind != TaskKind.Classification)
        {
            throw new ArgumentException("this learner fits values, not classes: give targets instead of labels", nameof(labels));
        }

        int ways = 0;
        foreach (int label in labels)
        {
            ways =
                label < 0 ? throw new ArgumentException($"label {label} is negative; labels count from 0", nameof(labels))
                : label >= labels.Length
                    ? throw new ArgumentException(
                        $"label {label} among {labels.Length} examples; labels count from 0 without a gap, and every class needs an "
                            + "example",
                        nameof(labels)
                    )
                : Math.Max(ways, label + 1);
        }

        int outputs = TaskPrograms.Method.Adaptation.NeedsHead ? Definition.Outputs : ways;
        if (ways < 2 || ways > outputs)
        {
            throw new ArgumentException(
                ways < 2
                    ? "a task needs at least 2 classes"
                    : $"the labels name {ways} classes; {Method.Name} was trained with a head for {outputs}: train with "
                        + $"TaskOptions.Ways {ways}, or use a method without a head such as r2d2 or protonet",
                nameof(labels)
            );
        }

        float[] targets = new float[labels.Length * outputs];
        int[] counts = new int[ways];
        for (int i = 0; i < labels.Length; i++)
        {
            targets[(i * outputs) + labels[i]] = 1;
            counts[labels[i]]++;
        }

        int missing = Array.IndexOf(counts, 0);
        return missing >= 0
            ? throw new ArgumentException(
                $"class {missing} has no support example; every class from 0 to {ways - 1} needs one",
                nameof(labels)
            )
            : Adapt(inputs, targets, outputs, ways, classNames);
    }

    /// <summary>Adapts to a regression task.</summary>
    /// <param name="inputs">Support examples, row-major, one after another, prepared as for classification.</param>
    /// <param name="targets">
    /// The values to predict for the examples, row-major [examples, outputs]; those of a table standardised by its preparation too.
    /// </param>
    /// <returns>A model for the task.</returns>
    /// <exception cref="ArgumentException">Sizes do not fit the learner, or a value is not finite.</exception>
    public AdaptedModel Adapt(ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets) =>
        Definition.Kind == TaskKind.Regression
            ? Adapt(inputs, targets, Definition.Outputs, Definition.Outputs, null)
            : throw new ArgumentException("this learner classifies: give labels instead of targets", nameof(targets));

    /// <summary>Measures the learner on a split of a source.</summary>
    /// <param name="source">Where tasks come from.</param>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="episodes">How many episodes are measured, at least 1.</param>
    /// <param name="seed">The seed that the episodes are drawn by.</param>
    /// <param name="workers">How many threads work; the figures do not depend on it.</param>
    public EvaluationResult Evaluate(ITaskSource source, Split split = Split.Test, int episodes = 600, ulong seed = 1, int workers = 1)
    {
        using var evaluator = new Evaluator(Definition, source, workers);
        return evaluator.Run(Parameters, split, episodes, seed);
    }

    private AdaptedModel Adapt(
        ReadOnlySpan<float> inputs,
        ReadOnlySpan<float> targets,
        int outputs,
        int ways,
        IReadOnlyList<string>? classNames
    )
    {
        int size = TaskPrograms.Model.Input.Count;
        int count = targets.Length / outputs;
        if (targets.Length != count * outputs)
        {
            throw new ArgumentException(
                $"{targets.Length} target values do not make whole examples of {outputs} values each",
                nameof(targets)
            );
        }

        if (count == 0 || inputs.Length != count * size)
        {
            throw new ArgumentException(
                $"{inputs.Length} input values do not make {count} examples of {TaskPrograms.Model.Input} ({size} values each)",
                nameof(inputs)
            );
        }

        RequireFinite(inputs, size, nameof(inputs));
        RequireFinite(targets, outputs, nameof(targets));
        WorkerPool pool = Programs.Adaptation(count, outputs, Threads);
        PooledWorker pooled = pool.Take();
        try
        {
            IWorker<float> worker = pooled.Worker;
            WorkerInputs.LoadSupport(worker, Parameters.Specifications.Count, inputs, targets);
            worker.Run();
            var state = new List<StoredTensor>();
            for (int i = 0; i < pool.Program.OutputNames.Count; i++)
            {
                string name = pool.Program.OutputNames[i];
                float[] values = worker.Output(i).ToArray();
                if (!TensorPrimitives.IsFiniteAll<float>(values))
                {
                    throw new ArgumentException(
                        $"{name} is no longer finite: adaptation diverged; scale the inputs as in training, or train with a smaller "
                            + "inner rate",
                        nameof(inputs)
                    );
                }

                state.Add(new StoredTensor(name, pool.Program.OutputShapes[i].Extents.ToArray(), values));
            }

            return new AdaptedModel(Programs, new TaskState(state), Threads, ways, outputs, classNames);
        }
        finally
        {
            pool.Return(pooled);
        }
    }

    private static void RequireFinite(ReadOnlySpan<float> values, int width, string name)
    {
        if (TensorPrimitives.IsFiniteAll(values))
        {
            return;
        }

        int fault = 0;
        while (float.IsFinite(values[fault]))
        {
            fault++;
        }

        throw new ArgumentException(
            $"value {fault} of {name}, in support example {fault / width} counted from 0, is {values[fault]}: all support values must "
                + "be finite numbers",
            name
        );
    }

    private static IReadOnlyList<Weight> WeightsOf(ParameterSet parameters)
    {
        var weights = new List<Weight>();
        int start = 0;
        foreach (ParameterSpecification parameter in parameters.Specifications)
        {
            weights.Add(new Weight(parameter.Name, parameter.Shape, parameters.Values.AsMemory(start, parameter.Shape.Count)));
            start += parameter.Shape.Count;
        }

        return weights;
    }

    private static string HashOf(ParameterSet parameters)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ParameterSpecification parameter in parameters.Specifications)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{parameter.Name} {parameter.Shape}\n"));
        }

        hash.AppendData(MemoryMarshal.AsBytes<float>(parameters.Values));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
