using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>
/// Measures a learner on episodes of a split: always the same episodes for a seed, whatever the number of workers. Keeps its programs, so
/// it can be run again and again with changing parameters. Used by one thread at a time.
/// </summary>
public sealed class Evaluator : IDisposable
{
    private const int TimedEpisodes = 100;

    private readonly LearnerDefinition _definition;
    private readonly TaskPrograms _graphs;
    private readonly ITaskSource _source;
    private readonly TaskThreads _team;
    private readonly SimdProgram _program;
    private readonly IWorker<float>[] _workers;
    private readonly Episode[] _episodes;
    private readonly Lazy<SimdProgram> _adapt;

    /// <summary>Compiles the programs that adapt and answer.</summary>
    /// <param name="definition">What the learner is: its method, its network and the kind of its tasks.</param>
    /// <param name="source">Where tasks come from.</param>
    /// <param name="workers">How many threads work; the figures do not depend on it.</param>
    /// <exception cref="ArgumentException">The learner cannot serve such tasks, or the workers need more memory than there is.</exception>
    public Evaluator(LearnerDefinition definition, ITaskSource source, int workers)
        : this(definition, source, workers, everyStep: true) { }

    /// <summary>
    /// Compiles the programs; those that answer after the last inner step alone spare the passes over the queries after the others.
    /// </summary>
    internal Evaluator(LearnerDefinition definition, ITaskSource source, int workers, bool everyStep)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(source);
        _definition = definition;
        _source = source;
        _graphs = TaskPrograms.Of(definition);
        _program = new SimdProgram(_graphs.Evaluation(source.Shape, everyStep));
        _adapt = new Lazy<SimdProgram>(() => new SimdProgram(_graphs.Adapt(source.Shape.SupportCount, source.Shape.Outputs)));
        WorkerMemory.Require(_program, workers);
        _team = new TaskThreads(workers);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => _program.CreateWorker())];
        _episodes = [.. Enumerable.Range(0, workers).Select(_ => new Episode(source.Shape))];
    }

    /// <summary>
    /// The most threads of the adaptations that are timed (<see cref="Learner.Threads"/>): one core unless asked otherwise.
    /// </summary>
    /// <value>1 by default.</value>
    public int AdaptThreads { get; init; } = 1;

    /// <summary>The multiply-adds of one adaptation.</summary>
    public long AdaptMultiplyAdds => AdaptProgram.MultiplyAdds;

    /// <summary>Adaptation alone, without queries.</summary>
    internal SimdProgram AdaptProgram => _adapt.Value;

    /// <summary>Measures a learner of the given parameters on episodes of a split.</summary>
    /// <param name="parameters">The values of all meta-parameters.</param>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="episodes">How many episodes are measured, at least 1.</param>
    /// <param name="seed">The seed that the episodes are drawn by.</param>
    /// <param name="timed">Whether to measure the time of adaptation as well.</param>
    /// <param name="cancellation">Ends the evaluation between episodes.</param>
    /// <exception cref="DataException">The source has no such split.</exception>
    public EvaluationResult Run(
        ParameterSet parameters,
        Split split,
        int episodes,
        ulong seed,
        bool timed = true,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        (double[,] accuracies, double[,] losses) = Measure(parameters, split, 0, episodes, seed, cancellation);
        int steps = losses.GetLength(0);
        bool classification = _source.Shape.Kind == TaskKind.Classification;
        double[] milliseconds = timed ? TimeAdaptation(parameters, split, Math.Min(episodes, TimedEpisodes), seed) : [double.NaN];
        return new EvaluationResult(
            _graphs.Method.Name,
            _graphs.Method.MetaGradient.Order,
            _source.Shape,
            _definition.NormStatistics,
            split,
            episodes,
            seed,
            classification ? Row(accuracies, steps - 1) : null,
            Row(losses, steps - 1),
            [.. Enumerable.Range(0, steps).Select(step => Row(classification ? accuracies : losses, step))],
            milliseconds[milliseconds.Length / 2],
            milliseconds[(int)(milliseconds.Length * 0.95)]
        )
        {
            AdaptThreads = AdaptThreads,
            AdaptPeakBytes = timed ? _adapt.Value.PeakBytes : null,
        };
    }

    /// <summary>Accuracy (0 for regression) and loss of some episodes, [step, episode].</summary>
    internal (double[,] Accuracies, double[,] Losses) Measure(
        ParameterSet parameters,
        Split split,
        long first,
        int count,
        ulong seed,
        CancellationToken cancellation
    )
    {
        int steps = _program.OutputNames.Count;
        bool classification = _source.Shape.Kind == TaskKind.Classification;
        double[,] accuracies = new double[steps, count];
        double[,] losses = new double[steps, count];
        foreach (IWorker<float> worker in _workers)
        {
            WorkerInputs.Load(worker, parameters);
        }

        int support = parameters.Specifications.Count;
        _team.Run(
            count,
            (index, task) =>
            {
                cancellation.ThrowIfCancellationRequested();
                (IWorker<float> worker, Episode episode) = (_workers[index], _episodes[index]);
                _source.Sample(split, seed, first + task, episode);
                WorkerInputs.LoadEpisode(worker, support, episode, isMeasured: false);
                worker.Run();
                for (int step = 0; step < steps; step++)
                {
                    ReadOnlySpan<float> predictions = worker.Output(step);
                    losses[step, task] = classification
                        ? Accuracy.CrossEntropy(predictions, episode.QueryLabels, episode.Shape.Outputs)
                        : Accuracy.MeanSquaredError(predictions, episode.QueryTargets);
                    accuracies[step, task] = classification ? Accuracy.Of(predictions, episode.QueryLabels, episode.Shape.Outputs) : 0;
                }
            }
        );
        return (accuracies, losses);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        foreach (IWorker<float> worker in _workers)
        {
            worker.Dispose();
        }
    }

    /// <summary>Sorted times of adapting to one task after another, one at a time.</summary>
    private double[] TimeAdaptation(ParameterSet parameters, Split split, int episodes, ulong seed)
    {
        using var timer = new AdaptationTimer(AdaptProgram, parameters, _source, AdaptThreads);
        timer.Settle(split, seed);
        double[] times = [.. Enumerable.Range(0, episodes).Select(index => timer.Milliseconds(split, seed, index))];
        Array.Sort(times);
        return times;
    }

    private static Interval Row(double[,] values, int row)
    {
        double[] line = new double[values.GetLength(1)];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = values[row, i];
        }

        return Interval.Of(line);
    }
}
