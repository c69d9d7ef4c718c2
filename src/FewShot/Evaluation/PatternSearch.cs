using FewShot.Adaptation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Patterns;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>How a search goes.</summary>
public sealed record PatternSearchOptions
{
    /// <summary>Accuracy that may be lost, in [0, 1].</summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>Validation episodes of each measurement; the same for all patterns.</summary>
    public int Episodes { get; init; } = 200;

    /// <summary>Of the episodes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Per-step patterns kept from each round of the beam search.</summary>
    public int Beam { get; init; } = 3;

    /// <summary>Rounds of the beam search; 0 for static and one-step patterns only.</summary>
    public int Rounds { get; init; } = 4;
}

/// <summary>
/// Measures adaptation under many patterns of one learner and finds the fastest within a tolerance (Khabarlak 2022, arXiv:2206.05930): all rows used at every
/// step, all rows used at one step, and per-step patterns that change the layers from some layer up, refined by a beam. Used by one thread at a time.
/// </summary>
public sealed class PatternSearch
{
    private readonly LearnerSpecification _specification;
    private readonly ParameterSet _parameters;
    private readonly ITaskSource _source;
    private readonly PatternSearchOptions _options;
    private readonly int _workers;
    private readonly int _steps;
    private readonly int _layers;
    private readonly Dictionary<string, PatternMeasurement> _measured = [];

    /// <summary>Prepares a search.</summary>
    /// <exception cref="ArgumentException">The learner does not adapt by gradient descent, or its tasks have no accuracy.</exception>
    public PatternSearch(Learner learner, ITaskSource source, PatternSearchOptions options, int workers)
    {
        ArgumentNullException.ThrowIfNull(learner);
        ArgumentNullException.ThrowIfNull(source);
        if (learner.Method.Adaptation is not GradientDescent descent)
        {
            throw new ArgumentException($"patterns are for gradient-descent adaptation; {learner.Method.Name} adapts in closed form");
        }

        if (source.Shape.Kind != TaskKind.Classification)
        {
            throw new ArgumentException("a pattern is chosen by accuracy: the tasks must be classification");
        }

        (_specification, _parameters, _source, _options, _workers) = (learner.Specification, learner.Parameters, source, options, workers);
        _steps = descent.InnerSteps;
        _layers = learner.Graphs.Model.Layers.Count;
    }

    /// <summary>Runs the search.</summary>
    /// <param name="progress">Told after each measurement.</param>
    /// <param name="cancellation">Ends it; what was measured is lost.</param>
    public PatternChoice Run(Action<PatternMeasurement>? progress = null, CancellationToken cancellation = default)
    {
        bool[] all = [.. Enumerable.Repeat(true, _layers)];
        bool[] none = new bool[_layers];
        IReadOnlyList<bool[]> rows = [.. Enumerable.Range(1, (1 << _layers) - 1).Select(bits => Enumerable.Range(0, _layers).Select(layer => (bits >> layer & 1) == 1).ToArray())];
        Measure(Enumerable.Repeat(all, _steps));
        foreach (bool[] row in rows)
        {
            Measure(Enumerable.Repeat(row, _steps));
            Measure([row, .. Enumerable.Repeat(none, _steps - 1)]);
        }

        // Each round moves one step's lowest changing layer of the best patterns so far; a step may also be dropped.
        IReadOnlyList<int[]> beam = [new int[_steps], .. Enumerable.Range(1, _layers - 1).Select(lowest => Enumerable.Repeat(lowest, _steps).ToArray())];
        for (int round = 0; round < _options.Rounds; round++)
        {
            double needed = Measure(Enumerable.Repeat(all, _steps)).Accuracy.Mean - _options.Tolerance;
            int[][] neighbours = [.. beam.SelectMany(Neighbours).DistinctBy(suffix => string.Join(',', suffix))];
            beam = [.. neighbours.Concat(beam)
                .Select(suffix => (suffix, Measured: Measure(suffix.Select(lowest => Enumerable.Range(0, _layers).Select(layer => layer >= lowest).ToArray()))))
                .OrderBy(entry => entry.Measured.Accuracy.Mean >= needed ? 0 : 1)
                .ThenBy(entry => entry.Measured.Milliseconds)
                .DistinctBy(entry => string.Join(',', entry.suffix))
                .Take(_options.Beam)
                .Select(entry => entry.suffix)];
        }

        return PatternChoice.Among([.. _measured.Values], _steps, _layers, _options.Tolerance);

        PatternMeasurement Measure(IEnumerable<bool[]> grid)
        {
            cancellation.ThrowIfCancellationRequested();
            var pattern = Pattern.Of(grid);
            if (!_measured.TryGetValue(pattern.ToString(), out PatternMeasurement? measurement))
            {
                measurement = MeasureNew(pattern, cancellation);
                _measured.Add(pattern.ToString(), measurement);
                progress?.Invoke(measurement);
            }

            return measurement;
        }
    }

    private PatternMeasurement MeasureNew(Pattern pattern, CancellationToken cancellation)
    {
        LearnerSpecification specification = _specification with { Pattern = pattern.ToString() };
        using var evaluator = new Evaluator(specification, _source, _workers);
        EvaluationResult result = evaluator.Run(_parameters, Split.Validation, _options.Episodes, _options.Seed, timed: true, cancellation);
        return new PatternMeasurement(
            pattern, result.Accuracy!.Value, result.AdaptMillisecondsMedian, evaluator.AdaptMultiplyAdds,
            pattern.Grid(_steps, _layers).Count(row => row.Any(on => on)));
    }

    private IEnumerable<int[]> Neighbours(int[] suffix)
    {
        for (int step = 0; step < suffix.Length; step++)
        {
            foreach (int lowest in new[] { suffix[step] - 1, suffix[step] + 1, _layers })
            {
                if (lowest >= 0 && lowest <= _layers && lowest != suffix[step])
                {
                    int[] changed = (int[])suffix.Clone();
                    changed[step] = lowest;
                    if (changed.Any(value => value < _layers))
                    {
                        yield return changed;
                    }
                }
            }
        }
    }
}
