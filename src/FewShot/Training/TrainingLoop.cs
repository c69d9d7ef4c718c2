using System.Diagnostics;
using System.Globalization;
using FewShot.Compute.Execution;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Training;

/// <summary>
/// The outer loop: episodes → each task's loss and gradient → weighting → meta-gradient → optimiser → meta-parameters → checkpoint, log. A
/// run that is killed resumes from its last checkpoint and ends with the bits of an uninterrupted one. Used by one thread at a time.
/// </summary>
public sealed class TrainingLoop : IDisposable
{
    /// <summary>The metadata of a checkpoint that say on which vector level, which decides bits, it was trained.</summary>
    public const string VectorLevel = "vector_level";

    private const float RunningMomentum = 0.1f;

    private readonly TrainingOptions _options;
    private readonly ITaskSource _source;
    private readonly int _workers;
    private readonly MetaStep _step;
    private readonly Optimizer _optimizer;
    private readonly bool _lowerIsBetter;
    private readonly bool _weighted;
    private readonly ParameterSpecification[] _parameters;
    private readonly float[] _before;
    private Evaluator? _validation;
    private long _iteration;
    private double _seconds;
    private double _best = double.NaN;
    private double _latest = double.NaN;
    private int _withoutImprovement;

    /// <summary>Compiles the training program and draws the first parameters.</summary>
    /// <param name="definition">What the learner is: its method, its network and the kind of its tasks.</param>
    /// <param name="source">Where tasks come from; its shape must be the specification's.</param>
    /// <param name="options">How to train.</param>
    /// <param name="workers">
    /// How many threads work, of which no more are used than a batch has tasks; they do not change the numbers.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Parts do not fit together, the memory budget cannot be met, or the workers need more memory than there is; the message gives the
    /// bytes needed.
    /// </exception>
    public TrainingLoop(LearnerDefinition definition, ITaskSource source, TrainingOptions options, int workers)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        Definition = definition with { QueryCount = source.Shape.QueryCount };
        (_source, _options, _workers) = (source, options, workers);
        TaskPrograms graphs = TaskPrograms.Of(definition);
        RematerializationPlan choice = RematerializationPlan.Within(options.MemoryBudget, graphs, source.Shape);
        Checkpointed = choice.Recomputes;
        Parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), options.Seed);
        _step = new MetaStep(
            graphs,
            source.Shape,
            choice.Program,
            Parameters,
            options.MetaBatch,
            Math.Min(workers, options.MetaBatch),
            options.Tasks
        );
        _optimizer = options.OwnOptimizer?.Invoke(Parameters.Values.Length) ?? options.Outer.Create(Parameters.Values.Length);
        _weighted = graphs.Method.Weighting != TaskWeighting.Uniform;
        _lowerIsBetter = source.Shape.Kind == TaskKind.Regression;
        BestParameters = (float[])Parameters.Values.Clone();
        _parameters = [.. Parameters.Specifications];
        _before = new float[Parameters.Values.Length];
    }

    /// <summary>What the learner is that is trained: the definition that was given, and the number of queries of its tasks.</summary>
    public LearnerDefinition Definition { get; }

    /// <summary>The meta-parameters, changed by training.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The values of the meta-parameters that validated best.</summary>
    public float[] BestParameters { get; private set; }

    /// <summary>Whether inner steps are recomputed to save memory.</summary>
    public bool Checkpointed { get; }

    /// <summary>
    /// The weight each task of the last iteration had, in units of the uniform one; task i of iteration n (from 0) is number n·MetaBatch +
    /// i.
    /// </summary>
    public IReadOnlyList<double> TaskWeights => [.. _step.Weights.Select(weight => (double)weight * _step.Weights.Length)];

    /// <summary>The program each task runs, for its plan.</summary>
    public SimdProgram Program => _step.Program;

    /// <summary>Trains until the iterations or the budget are spent, validation stops improving, or it is cancelled; then saves.</summary>
    /// <param name="folder">Where checkpoints and logs go, and from where to resume; null keeps all in memory.</param>
    /// <param name="progress">Called after every iteration, on this thread; null for no one.</param>
    /// <param name="cancellation">Asks to stop after the current iteration; the run then resumes.</param>
    /// <exception cref="StorageException">The folder cannot be written, or holds a checkpoint of something else.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number; the message says since when and what to try.</exception>
    /// <exception cref="DataException">The loss is no number because a task of the source holds a value that is none.</exception>
    public TrainingOutcome Run(
        RunFolder? folder = null,
        Action<TrainingProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (folder?.Latest is { } checkpoint)
        {
            Restore(checkpoint, folder.Path);
        }
        else
        {
            // So that weights that validated best never lie in a folder without a checkpoint, unless it was deleted.
            Save(folder);
        }

        long started = Stopwatch.GetTimestamp();
        long saved = started;
        (double before, long first) = (_seconds, _iteration);
        double validationSeconds = 0;
        double Spent() => before + Stopwatch.GetElapsedTime(started).TotalSeconds - validationSeconds;
        var rate = new RateMeter();
        Figures last = default;
        TrainingEnd end = HasStalled ? TrainingEnd.NoImprovement : TrainingEnd.Completed;
        while (end == TrainingEnd.Completed && _iteration < _options.Iterations)
        {
            if (cancellation.IsCancellationRequested)
            {
                end = TrainingEnd.Interrupted;
                break;
            }

            if (_options.Budget is { } budget && Spent() >= budget.TotalSeconds)
            {
                end = TrainingEnd.BudgetSpent;
                break;
            }

            double done = Math.Max(
                (double)_iteration / (_options.ScheduleIterations ?? _options.Iterations),
                _options.Budget is { } limit ? Spent() / limit.TotalSeconds : 0
            );
            last = Iterate(done);
            rate.Tick();
            bool validate = _iteration % _options.ValidateEvery == 0 || _iteration == _options.Iterations;
            if (validate)
            {
                _seconds = Spent();
                long validationStart = Stopwatch.GetTimestamp();
                Validate(folder, last);
                validationSeconds += Stopwatch.GetElapsedTime(validationStart).TotalSeconds;
                saved = Stopwatch.GetTimestamp();
                end = HasStalled ? TrainingEnd.NoImprovement : end;
            }
            else if (folder is not null && Stopwatch.GetElapsedTime(saved) >= _options.CheckpointEvery)
            {
                _seconds = Spent();
                Save(folder);
                saved = Stopwatch.GetTimestamp();
            }

            progress?.Invoke(
                new TrainingProgress(
                    _iteration,
                    _options.Iterations,
                    last.Loss,
                    last.Accuracy,
                    _latest,
                    _best,
                    rate.PerSecond,
                    Remaining(rate.PerSecond, Spent())
                )
                {
                    Solver = _step.Solver,
                }
            );
        }

        _seconds = Spent();
        if (end == TrainingEnd.BudgetSpent && _iteration > first && _iteration % _options.ValidateEvery != 0)
        {
            Validate(folder, last);
        }
        else
        {
            Save(folder);
        }

        return new TrainingOutcome(end, _iteration, _best, _seconds, _step.Program.PeakBytes, Checkpointed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step.Dispose();
        _validation?.Dispose();
    }

    /// <summary>Threads of a validation: those asked for, but none without a task or, beyond those of training, without a core.</summary>
    private int ValidationWorkers =>
        Math.Min(Math.Min(_workers, _options.ValidationEpisodes), Math.Max(_options.MetaBatch, Environment.ProcessorCount));

    private bool HasStalled => _options.Patience > 0 && _withoutImprovement >= _options.Patience;

    private Figures Iterate(double done)
    {
        MultiStepWeights(done);
        _step.Run(_source, _options.Seed, _iteration * _options.MetaBatch);
        double loss = Mean(_step.Losses);
        if (!double.IsFinite(loss))
        {
            RefuseValuesThatAreNoNumbers();
            throw Diverged($"the loss is {loss}");
        }

        double norm = _options.Outer.Clip(_step.Gradient);
        if (!double.IsFinite(norm))
        {
            RefuseValuesThatAreNoNumbers();
            throw Diverged($"the meta-gradient is {norm}");
        }

        double rate = _options.Outer.RateAt(done);
        Update(rate);
        _step.UpdateRunningStatistics(RunningMomentum);
        _iteration++;
        return new Figures(loss, _lowerIsBetter ? double.NaN : Mean(_step.Accuracies), norm, rate);
    }

    private TrainingDivergedException Diverged(string what) =>
        new(
            $"{what} at iteration {_iteration + 1}: training diverged; try a smaller inner rate (MethodOptions.InnerRate) or "
                + "outer rate (OuterOptimizerOptions.Rate)"
        );

    /// <summary>Draws the batch once more, to blame the source and not a rate where one of its values is NaN or infinite.</summary>
    private void RefuseValuesThatAreNoNumbers()
    {
        var episode = new Episode(_source.Shape);
        for (int task = 0; task < _options.MetaBatch; task++)
        {
            long index = (_iteration * _options.MetaBatch) + task;
            index = _options.Tasks is { } recurring ? index % recurring : index;
            _source.Sample(Split.Train, _options.Seed, index, episode);
            (string Name, float[] Values)[] parts =
            [
                ("support inputs", episode.SupportInputs),
                ("support targets", episode.SupportTargets),
                ("query inputs", episode.QueryInputs),
                ("query targets", episode.QueryTargets),
            ];
            foreach ((string name, float[] values) in parts)
            {
                int place = Array.FindIndex(values, value => !float.IsFinite(value));
                if (place >= 0)
                {
                    throw new DataException(
                        $"task {index} of '{_source.Name}' has {values[place]} as value {place} of its {name}; every value a source "
                            + "gives must be a finite number"
                    );
                }
            }
        }
    }

    /// <summary>Moves what is trained; running statistics are observed, so weight decay must not touch them.</summary>
    private void Update(double rate)
    {
        Parameters.Values.CopyTo(_before, 0);
        _optimizer.Update(Parameters.Values, _step.Gradient, rate);
        int start = 0;
        foreach (ParameterSpecification parameter in _parameters)
        {
            if (!parameter.Trained)
            {
                _before.AsSpan(start, parameter.Shape.Count).CopyTo(Parameters.Values.AsSpan(start));
            }

            start += parameter.Shape.Count;
        }
    }

    /// <summary>
    /// Moves the weights of the multi-step loss of MAML++ from equal ones to all weight on the last step (Antoniou 2019, section 4).
    /// </summary>
    private void MultiStepWeights(double done)
    {
        float[] weights = _step.StepWeights;
        if (weights.Length > 0)
        {
            float early = done < _options.MultiStepShare ? (float)((1 - (done / _options.MultiStepShare)) / weights.Length) : 0;
            weights.AsSpan().Fill(early);
            weights[^1] = 1 - (early * (weights.Length - 1));
        }
    }

    private void Validate(RunFolder? folder, Figures last)
    {
        var scalars = new List<KeyValuePair<string, double>>
        {
            new("train/loss", last.Loss),
            new("train/gradient_norm", last.GradientNorm),
            new("train/outer_rate", last.OuterRate),
            new("seconds", _seconds),
        };
        if (!_lowerIsBetter)
        {
            scalars.Add(new("train/accuracy", last.Accuracy));
        }

        if (_step.Solver is { } solver)
        {
            scalars.Add(new("solver/negative_curvature", (double)solver.NegativeCurvature / solver.Systems));
            scalars.Add(new("solver/stood_still", (double)solver.StoodStill / solver.Systems));
        }

        if (_weighted)
        {
            IReadOnlyList<double> weights = TaskWeights;
            scalars.Add(new("weights/least", weights.Min()));
            scalars.Add(new("weights/largest", weights.Max()));
            scalars.Add(new("weights/effective_share", EffectiveShare(weights)));
        }

        if (_source.HasSplit(Split.Validation))
        {
            _validation ??= new Evaluator(Definition, _source, ValidationWorkers);
            EvaluationResult result = _validation.Run(
                Parameters,
                Split.Validation,
                _options.ValidationEpisodes,
                _options.Seed,
                timed: false
            );
            _latest = result.Accuracy?.Mean ?? result.Loss.Mean;
            scalars.Add(new(_lowerIsBetter ? "validation/loss" : "validation/accuracy", _latest));
            if (double.IsNaN(_best) || (_lowerIsBetter ? _latest < _best : _latest > _best))
            {
                _best = _latest;
                _withoutImprovement = 0;
                Parameters.Values.CopyTo(BestParameters, 0);
                folder?.SaveBest(Snapshot(withState: false));
            }
            else
            {
                _withoutImprovement++;
            }
        }
        else
        {
            Parameters.Values.CopyTo(BestParameters, 0);
            folder?.SaveBest(Snapshot(withState: false));
        }

        folder?.Report(_iteration, scalars);
        Save(folder);
    }

    /// <summary>What training depends on besides the weights: the optimiser's moments, and what is kept of recurring tasks.</summary>
    private IEnumerable<(string Name, float[] Values)> State => [.. _optimizer.State, .. _step.TaskState];

    private void Save(RunFolder? folder) => folder?.SaveLatest(Snapshot(withState: true));

    private Checkpoint Snapshot(bool withState) =>
        new(
            _iteration,
            StoredParameters.ToStored(Parameters),
            withState ? [.. State.Select(state => new StoredTensor(state.Name, [state.Values.Length], state.Values))] : [],
            new Dictionary<string, string>
            {
                ["seed"] = _options.Seed.ToString(CultureInfo.InvariantCulture),
                ["episode"] = (_iteration * _options.MetaBatch).ToString(CultureInfo.InvariantCulture),
                ["updates"] = _optimizer.Updates.ToString(CultureInfo.InvariantCulture),
                ["seconds"] = _seconds.ToString("R", CultureInfo.InvariantCulture),
                ["best"] = _best.ToString("R", CultureInfo.InvariantCulture),
                ["latest"] = _latest.ToString("R", CultureInfo.InvariantCulture),
                ["without_improvement"] = _withoutImprovement.ToString(CultureInfo.InvariantCulture),
                ["learner"] = Definition.ToJson().ToJsonString(),
                [VectorLevel] = SimdProgram.VectorLevel,
            }
        );

    private void Restore(Checkpoint checkpoint, string path)
    {
        StoredParameters.Load(checkpoint.Weights, Parameters, RunFolder.LatestPath(path));
        foreach ((string name, float[] values) in State)
        {
            StoredTensor stored =
                checkpoint.State.FirstOrDefault(tensor => tensor.Name == name && tensor.Count == values.Length)
                ?? throw new StorageException(
                    $"'{RunFolder.LatestPath(path)}' has no state '{name}' of {values.Length} values; train into another folder"
                );
            stored.Float32.CopyTo(values, 0);
        }

        _iteration = checkpoint.Iteration;
        _optimizer.Updates = (long)Number("updates");
        _seconds = Number("seconds");
        _best = Number("best");
        _latest = Number("latest");
        _withoutImprovement = (int)Number("without_improvement");
        if (File.Exists(RunFolder.BestPath(path)))
        {
            var best = new ParameterSet(Parameters.Specifications);
            StoredParameters.Load(Checkpoint.Read(RunFolder.BestPath(path)).Weights, best, RunFolder.BestPath(path));
            BestParameters = best.Values;
        }

        double Number(string name) =>
            checkpoint.Metadata.TryGetValue(name, out string? text)
            && double.TryParse(text, CultureInfo.InvariantCulture, out double number)
                ? number
                : throw new StorageException(
                    $"'{RunFolder.LatestPath(path)}' does not say its '{name}', so training cannot go on from it; train into another folder"
                );
    }

    /// <summary>
    /// Kish's effective number of tasks, (Σ|w|)²/Σw², as a share of all: 1 for equal weights, 1/B where one task is all that counts.
    /// </summary>
    private static double EffectiveShare(IReadOnlyList<double> weights)
    {
        double sum = weights.Sum(Math.Abs);
        double squares = weights.Sum(weight => weight * weight);
        return squares > 0 ? sum * sum / squares / weights.Count : 0;
    }

    private TimeSpan? Remaining(double perSecond, double spent)
    {
        if (perSecond == 0)
        {
            return null;
        }

        double byIterations = (_options.Iterations - _iteration) / perSecond;
        return TimeSpan.FromSeconds(
            Math.Max(0, _options.Budget is { } budget ? Math.Min(byIterations, budget.TotalSeconds - spent) : byIterations)
        );
    }

    private static double Mean(float[] values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return sum / values.Length;
    }

    /// <summary>What an iteration gave, and the rate it moved by; accuracy is NaN for regression.</summary>
    private readonly record struct Figures(double Loss, double Accuracy, double GradientNorm, double OuterRate);

    /// <summary>Iterations a second over a sliding window, so that a validation or a pause does not distort it for long.</summary>
    private sealed class RateMeter
    {
        private readonly long[] _times = new long[64];
        private int _count;

        public void Tick() => _times[_count++ % _times.Length] = Stopwatch.GetTimestamp();

        public double PerSecond
        {
            get
            {
                int kept = Math.Min(_count, _times.Length);
                return kept < 2
                    ? 0
                    : (kept - 1)
                        / Stopwatch
                            .GetElapsedTime(_times[(_count - kept) % _times.Length], _times[(_count - 1) % _times.Length])
                            .TotalSeconds;
            }
        }
    }
}
