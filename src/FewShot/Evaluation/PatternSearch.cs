using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>How a search for patterns goes.</summary>
public sealed record PatternSearchOptions
{
    /// <summary>The accuracy that may be lost against all ones, in [0, 1].</summary>
    /// <value>0.01 by default, one point of accuracy.</value>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>The validation episodes of each measurement; the same for all patterns.</summary>
    /// <value>200 episodes by default.</value>
    public int Episodes { get; init; } = 200;

    /// <summary>The first of the episodes, on which every pattern is tried; only those that may be chosen see the others.</summary>
    /// <value>40 episodes by default.</value>
    public int ScreeningEpisodes { get; init; } = 40;

    /// <summary>The seed that the episodes are drawn by.</summary>
    /// <value>1 by default.</value>
    public ulong Seed { get; init; } = 1;

    /// <summary>Patterns kept from each round of the beam search; a round tries at most steps × (layers + 1) more for each.</summary>
    /// <value>3 patterns by default.</value>
    public int Beam { get; init; } = 3;

    /// <summary>The rounds of the beam search; 0 for static and one-step patterns only.</summary>
    /// <value>4 rounds by default.</value>
    public int Rounds { get; init; } = 4;

    /// <summary>The most patterns that are measured on all episodes and timed, besides the references.</summary>
    /// <value>20 patterns by default.</value>
    public int Contenders { get; init; } = 20;

    /// <summary>
    /// Turns in which the contenders are timed one after another, so that a slow stretch of the machine meets all of them.
    /// </summary>
    /// <value>10 turns by default.</value>
    public int Turns { get; init; } = 10;
}

/// <summary>
/// Measures adaptation under many patterns of one learner and finds the fastest within a tolerance (Khabarlak 2022, arXiv:2206.05930): all
/// rows used at every step, all rows used at one step, and per-step patterns of any rows, found by a beam from the best of the former. All
/// are screened on a few tasks and by their operations, which have no noise; those that may be chosen are measured on all tasks and timed.
/// Used by one thread at a time.
/// </summary>
public sealed class PatternSearch
{
    private const int AdaptationsATurn = 5;

    private readonly LearnerDefinition _definition;
    private readonly ParameterSet _parameters;
    private readonly ITaskSource _source;
    private readonly PatternSearchOptions _options;
    private readonly int _workers;
    private readonly int _steps;
    private readonly int _layers;
    private readonly int _screening;
    private readonly Dictionary<string, Trial> _trials = [];
    private Trial? _reference;

    /// <summary>Prepares a search.</summary>
    /// <param name="definition">What the learner is: its method, its network and the kind of its tasks.</param>
    /// <param name="parameters">The meta-parameters of the learner.</param>
    /// <param name="source">Where tasks come from.</param>
    /// <param name="options">What to search for.</param>
    /// <param name="workers">How many threads work; they do not change the choice but for what times decide.</param>
    /// <exception cref="ArgumentException">The learner does not adapt by inner steps, or its tasks have no accuracy.</exception>
    public PatternSearch(
        LearnerDefinition definition,
        ParameterSet parameters,
        ITaskSource source,
        PatternSearchOptions options,
        int workers
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        AdaptationRule adaptation = definition.Method.Adaptation;
        if (adaptation.Changing is null || adaptation.Steps == 0)
        {
            throw new ArgumentException($"patterns are for gradient-descent adaptation; {definition.Method.Name} adapts in closed form");
        }

        if (source.Shape.Kind != TaskKind.Classification)
        {
            throw new ArgumentException("a pattern is chosen by accuracy: the tasks must be classification");
        }

        (_definition, _parameters, _source, _options, _workers) = (definition, parameters, source, options, workers);
        _steps = adaptation.Steps;
        _layers = definition.Network.Layers.Count;
        _screening = Math.Min(options.ScreeningEpisodes, options.Episodes);
    }

    /// <summary>Runs the search.</summary>
    /// <param name="progress">Called after each step: what was done, with which pattern, and its accuracy so far; null for no one.</param>
    /// <param name="cancellation">Ends it; what was measured is lost.</param>
    public PatternChoice Run(Action<string, Pattern, Interval>? progress = null, CancellationToken cancellation = default)
    {
        bool[] all = [.. Enumerable.Repeat(true, _layers)];
        _reference = Screen(Enumerable.Repeat(all, _steps), progress, cancellation);
        foreach (bool[] row in Rows())
        {
            Screen(Enumerable.Repeat(row, _steps), progress, cancellation);
            Screen(OneStep(row), progress, cancellation);
        }

        Refine(progress, cancellation);
        Trial[] contenders = Contenders(OneStep(all));
        foreach (Trial trial in contenders)
        {
            Confirm(trial, cancellation);
            progress?.Invoke("measured", trial.Pattern, Interval.Of([.. trial.Accuracies]));
        }

        double[] milliseconds = Time(contenders, cancellation);
        return PatternChoice.Among(
            [
                .. contenders.Zip(
                    milliseconds,
                    (trial, time) =>
                        new PatternMeasurement(
                            trial.Pattern,
                            Interval.Of([.. trial.Accuracies]),
                            time,
                            trial.MultiplyAdds,
                            trial.ActiveSteps
                        )
                ),
            ],
            _steps,
            _layers,
            _options.Tolerance
        ) with
        {
            Screened = _trials.Count,
        };
    }

    /// <summary>Every choice of layers but none.</summary>
    private IEnumerable<bool[]> Rows() =>
        Enumerable
            .Range(1, (1 << _layers) - 1)
            .Select(bits => Enumerable.Range(0, _layers).Select(layer => (bits >> layer & 1) == 1).ToArray());

    private IEnumerable<bool[]> OneStep(bool[] row) => [row, .. Enumerable.Repeat(new bool[_layers], _steps - 1)];

    /// <summary>
    /// A beam over grids of any rows, from the best static ones: what is accurate enough is made cheaper by one layer of one step or by a
    /// whole step, what is not is given one more layer at one step. A round tries at most beam × steps × (layers + 1) grids.
    /// </summary>
    private void Refine(Action<string, Pattern, Interval>? progress, CancellationToken cancellation)
    {
        (bool[][] Grid, Trial Trial)[] beam = Best(Rows().Select(row => Tried([.. Enumerable.Repeat(row, _steps)])));
        for (int round = 0; round < _options.Rounds; round++)
        {
            (bool[][] Grid, Trial Trial)[] next =
            [
                .. beam.SelectMany(entry => Neighbours(entry.Grid, IsAccurate(entry.Trial))).Select(Tried),
            ];
            beam = Best(beam.Concat(next));
        }

        (bool[][] Grid, Trial Trial) Tried(bool[][] grid) => (grid, Screen(grid, progress, cancellation));

        (bool[][] Grid, Trial Trial)[] Best(IEnumerable<(bool[][] Grid, Trial Trial)> entries) =>
            [
                .. entries
                    .DistinctBy(entry => entry.Trial)
                    .OrderBy(entry => IsAccurate(entry.Trial) ? 0 : 1)
                    .ThenBy(entry => entry.Trial.MultiplyAdds)
                    .Take(_options.Beam),
            ];
    }

    /// <summary>
    /// The grids that differ in one layer of one step, all of them cheaper or all dearer; the cheaper ones also without one whole step.
    /// </summary>
    private IEnumerable<bool[][]> Neighbours(bool[][] grid, bool cheaper)
    {
        for (int step = 0; step < _steps; step++)
        {
            foreach (bool[] row in Changed(grid[step]))
            {
                bool[][] neighbour = [.. grid];
                neighbour[step] = row;
                if (neighbour.Any(other => other.Any(on => on)))
                {
                    yield return neighbour;
                }
            }
        }

        IEnumerable<bool[]> Changed(bool[] row)
        {
            for (int layer = 0; layer < _layers; layer++)
            {
                if (row[layer] == cheaper)
                {
                    bool[] changed = [.. row];
                    changed[layer] = !cheaper;
                    yield return changed;
                }
            }

            if (cheaper && row.Any(on => on))
            {
                yield return new bool[_layers];
            }
        }
    }

    /// <summary>Whether a pattern loses no more than the tolerance, as far as it was measured.</summary>
    private bool IsAccurate(Trial trial) => Difference(trial).Mean >= -_options.Tolerance;

    /// <summary>
    /// The references; the patterns that may turn out to be accurate enough, the cheapest first; and those that no other beats in both
    /// accuracy and operations.
    /// </summary>
    private Trial[] Contenders(IEnumerable<bool[]> allOnesOneStep)
    {
        Trial[] trials = [.. _trials.Values];
        Trial oneStep = _trials[Pattern.Of(allOnesOneStep).ToString()];
        IEnumerable<Trial> possible = trials
            .Where(trial => Difference(trial) is var difference && difference.Mean + difference.HalfWidth >= -_options.Tolerance)
            .OrderBy(trial => trial.MultiplyAdds)
            .Take(_options.Contenders);
        IEnumerable<Trial> bestOneStep = trials.Where(trial => trial.ActiveSteps == 1).OrderByDescending(trial => trial.Mean).Take(5);
        IEnumerable<Trial> front = trials.Where(trial =>
            !trials.Any(other => other.Mean >= trial.Mean && other.MultiplyAdds < trial.MultiplyAdds)
        );
        return
        [
            .. new[] { _reference!, oneStep }
                .Concat(possible)
                .Concat(bestOneStep)
                .Concat(front.OrderByDescending(trial => trial.Mean).Take(_options.Contenders))
                .Distinct(),
        ];
    }

    /// <summary>Accuracy less that of the reference, task by task: much narrower than the difference of two intervals.</summary>
    private Interval Difference(Trial trial) => Interval.Of([.. trial.Accuracies.Zip(_reference!.Accuracies, (own, other) => own - other)]);

    private Trial Screen(IEnumerable<bool[]> grid, Action<string, Pattern, Interval>? progress, CancellationToken cancellation)
    {
        var pattern = Pattern.Of(grid);
        if (!_trials.TryGetValue(pattern.ToString(), out Trial? trial))
        {
            using Evaluator evaluator = Evaluate(pattern);
            trial = new Trial(pattern, evaluator.AdaptMultiplyAdds, pattern.Grid(_steps, _layers).Count(row => row.Any(on => on)), []);
            Extend(trial, evaluator, _screening, cancellation);
            _trials.Add(pattern.ToString(), trial);
            progress?.Invoke("tried", pattern, Interval.Of([.. trial.Accuracies]));
        }

        return trial;
    }

    private void Confirm(Trial trial, CancellationToken cancellation)
    {
        if (trial.Accuracies.Count < _options.Episodes)
        {
            using Evaluator evaluator = Evaluate(trial.Pattern);
            Extend(trial, evaluator, _options.Episodes, cancellation);
        }
    }

    /// <summary>Measures a pattern on the episodes it has not seen yet.</summary>
    private void Extend(Trial trial, Evaluator evaluator, int episodes, CancellationToken cancellation)
    {
        int done = trial.Accuracies.Count;
        (double[,] accuracies, _) = evaluator.Measure(_parameters, Split.Validation, done, episodes - done, _options.Seed, cancellation);
        trial.Accuracies.AddRange(accuracies.Cast<double>());
    }

    private Evaluator Evaluate(Pattern pattern) => new(_definition.Under(pattern), _source, _workers, everyStep: false);

    /// <summary>
    /// For each the median time of adaptation on this thread in its best turn: other work on the machine only ever makes a turn slower.
    /// </summary>
    private double[] Time(Trial[] trials, CancellationToken cancellation)
    {
        var timers = new List<AdaptationTimer>();
        try
        {
            foreach (Trial trial in trials)
            {
                using Evaluator evaluator = Evaluate(trial.Pattern);
                timers.Add(new AdaptationTimer(evaluator.AdaptProgram, _parameters, _source));
                timers[^1].Settle(Split.Validation, _options.Seed);
            }

            double[] best = [.. trials.Select(_ => double.PositiveInfinity)];
            double[] times = new double[AdaptationsATurn];
            for (int turn = 0; turn < _options.Turns; turn++)
            {
                for (int i = 0; i < trials.Length; i++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    timers[i].Milliseconds(Split.Validation, _options.Seed, 0); // brings its data into the cache
                    for (int j = 0; j < AdaptationsATurn; j++)
                    {
                        times[j] = timers[i].Milliseconds(Split.Validation, _options.Seed, j);
                    }

                    Array.Sort(times);
                    best[i] = Math.Min(best[i], times[times.Length / 2]);
                }
            }

            return best;
        }
        finally
        {
            timers.ForEach(timer => timer.Dispose());
        }
    }

    /// <summary>A pattern and what is known of it.</summary>
    private sealed record Trial(Pattern Pattern, long MultiplyAdds, int ActiveSteps, List<double> Accuracies)
    {
        public double Mean => Accuracies.Average();
    }
}
