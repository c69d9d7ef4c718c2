using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>Charts of a report under one heading.</summary>
internal sealed record Section(string Title, params IReadOnlyList<(Chart Chart, string? Caption)> Charts);

/// <summary>A comparison in plots; methods stand in the order of their results everywhere.</summary>
internal static class ComparisonCharts
{
    // More lines than colours cannot be told apart.
    private const int LinesOfOneChart = PlotStyle.Colours;

    public static IEnumerable<Section> Of(MethodComparison comparison, IReadOnlyList<ComparisonRow> ranked)
    {
        bool classification = comparison.Kind == TaskKind.Classification;
        string[] names = [.. ranked.Select(row => row.Method)];
        var result = new ChartAxis(classification ? "accuracy (%)" : "mean squared error");
        yield return new Section(
            classification ? "Accuracy" : "Loss",
            (Results(ranked, names, result, classification), "Whiskers are 95 % intervals over episodes."),
            (TradeOffs(ranked, result, classification), null)
        );
        LineChart[] curves = [.. Curves(ranked, result, classification)];
        if (curves.Length > 0)
        {
            // Another task size is another scale.
            string[] own =
            [
                .. ranked
                    .Where(row =>
                        row.Settings.Contains("--ways", StringComparison.Ordinal)
                        || row.Settings.Contains("--shots", StringComparison.Ordinal)
                    )
                    .Select(row => row.Method),
            ];
            string? caption =
                own.Length == 0 ? null : $"Validation is on tasks of the size trained on, which is another for {string.Join(", ", own)}.";
            yield return new Section("Learning", [.. curves.Select(chart => ((Chart)chart, caption))]);
        }

        yield return new Section(
            "Cost",
            (
                new BarChart(
                    "Time of adaptation",
                    new ChartAxis("median of one task on one core (ms)"),
                    names,
                    [Series("adaptation", ranked, row => row.AdaptMillisecondsMedian)]
                )
                {
                    NumberFormat = "0.000",
                },
                null
            ),
            (
                new BarChart(
                    "Time of training",
                    new ChartAxis("seconds of training, validation excluded"),
                    names,
                    [
                        Series("in all", ranked, row => row.TrainingSeconds),
                        Series(
                            "until the weights that validated best",
                            ranked,
                            row => ComparisonTable.BestPoint(row, classification)?.Seconds
                        ),
                    ]
                )
                {
                    NumberFormat = "#,0",
                },
                null
            ),
            (
                new BarChart(
                    "Peak memory",
                    new ChartAxis("arena of one task (MiB)", AxisScale.Logarithmic),
                    names,
                    [
                        Series("training", ranked, row => row.TrainingPeakBytes / (double)(1 << 20)),
                        Series("adaptation", ranked, row => row.AdaptPeakBytes / (double)(1 << 20)),
                    ]
                )
                {
                    NumberFormat = "#,0.0##",
                },
                null
            )
        );
    }

    private static DotChart Results(IReadOnlyList<ComparisonRow> ranked, string[] names, ChartAxis axis, bool classification)
    {
        var measured = new BarSeries(
            "measured",
            [
                .. ranked.Select(row =>
                    classification
                        ? new Bar(100 * row.Accuracy!.Value, 100 * row.Interval95)
                        : new Bar(row.Loss ?? double.NaN, row.LossInterval95)
                ),
            ]
        );
        BarSeries reported = Series("reported", ranked, row => 100 * row.Reported?.Accuracy);
        return new DotChart(
            classification ? "Accuracy on new tasks" : "Loss on new tasks",
            axis,
            names,
            ranked.Any(row => row.Reported is not null) ? [measured, reported] : [measured]
        )
        {
            NumberFormat = classification ? "0.0" : "0.000",
        };
    }

    private static ScatterChart TradeOffs(IReadOnlyList<ComparisonRow> ranked, ChartAxis axis, bool classification)
    {
        ScatterPoint Point(ComparisonRow row) =>
            new(row.AdaptMillisecondsMedian ?? double.NaN, (classification ? 100 * row.Accuracy : row.Loss) ?? double.NaN, row.Method);
        ILookup<bool, ScatterPoint> points = ranked.ToLookup(row => Catalogue.Create(row.Method).Adaptation is GradientDescent, Point);
        return new ScatterChart(
            classification ? "Accuracy against time of adaptation" : "Loss against time of adaptation",
            new ChartAxis("adaptation to one task on one core (ms)", AxisScale.Logarithmic),
            axis,
            [
                .. new ScatterGroup[] { new("gradient steps", [.. points[true]]), new("closed form and others", [.. points[false]]) }.Where(
                    group => group.Points.Count > 0
                ),
            ]
        )
        {
            Front = ScatterChart.BestTradeOffs(ranked.Select(Point), higher: classification),
            FrontName = "no other is faster and better",
            Height = 460,
        };
    }

    private static IEnumerable<LineChart> Curves(IReadOnlyList<ComparisonRow> ranked, ChartAxis axis, bool classification)
    {
        ComparisonRow[] rows = [.. ranked.Where(row => row.Curve.Count > 1)];
        LearningCurvePoint[] points = [.. rows.SelectMany(row => row.Curve)];
        if (points.Length == 0)
        {
            yield break;
        }

        double scale = classification ? 100 : 1;
        bool minutes = points.Max(point => point.Seconds) > 300;
        var time = new ChartAxis(minutes ? "training time (min)" : "training time (s)")
        {
            Minimum = 0,
            Maximum = points.Max(point => point.Seconds) / (minutes ? 60 : 1),
        };
        ChartAxis same = axis with
        {
            Minimum = scale * points.Min(point => point.Validation),
            Maximum = scale * points.Max(point => point.Validation),
        };
        int first = 1;
        foreach (ComparisonRow[] chunk in rows.Chunk(LinesOfOneChart))
        {
            yield return new LineChart(
                "Validation while training"
                    + (rows.Length > LinesOfOneChart ? $": methods {first} to {first + chunk.Length - 1} by their results" : ""),
                time,
                same,
                [
                    .. chunk.Select(row => new LineSeries(
                        row.Method,
                        [.. row.Curve.Select(point => point.Seconds / (minutes ? 60 : 1))],
                        [.. row.Curve.Select(point => scale * point.Validation)]
                    )),
                ]
            );
            first += chunk.Length;
        }
    }

    private static BarSeries Series(string name, IReadOnlyList<ComparisonRow> rows, Func<ComparisonRow, double?> value) =>
        new(name, [.. rows.Select(row => new Bar(value(row) ?? double.NaN))]);
}
