using System.Globalization;
using FewShot.Reporting;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>Writes a comparison for people: one page with plots, or text for a document.</summary>
public static class ComparisonReport
{
    /// <summary>The page.</summary>
    public static HtmlReport Html(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        bool classification = comparison.Kind == TaskKind.Classification;
        ComparisonRow[] measured = [.. comparison.Rows.Where(row => row.Outcome == ComparisonOutcome.Measured)];
        var report = new HtmlReport("Comparison of methods", comparison.Conditions);
        if (ComparisonTable.Best(comparison) is { } best)
        {
            ComparisonRow fastest = measured.MinBy(row => row.AdaptMillisecondsMedian)!;
            report.KeyFigures(
                (classification ? "best accuracy" : "lowest loss", Result(comparison.Rows[best], classification)),
                ("fastest adaptation", string.Create(CultureInfo.InvariantCulture, $"{fastest.AdaptMillisecondsMedian:0.00} ms, {fastest.Method}")));
        }

        report.Table(ComparisonTable.Of(comparison), Caption(comparison));
        foreach (string note in Notes(comparison))
        {
            report.Note(note);
        }

        if (measured.Length > 0)
        {
            Plots(report, comparison, measured, classification);
        }

        report.Section("Commands").Paragraph("Each row again; a run that is there goes on instead of beginning anew.");
        return report.Preformatted(Commands(comparison));
    }

    /// <summary>The table and the commands in markdown.</summary>
    public static string Markdown(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string notes = string.Concat(Notes(comparison).Select(note => $"- {note}\n"));
        string commands = string.Concat(Commands(comparison).Split('\n').Select(line => line.Length == 0 ? "\n" : $"    {line}\n"));
        return $"{comparison.Conditions}.\n\n{ComparisonTable.Of(comparison).ToMarkdown()}\n{Caption(comparison)}\n\n{(notes.Length > 0 ? notes + "\n" : "")}{commands}";
    }

    /// <summary>Writes the table and the commands in markdown, atomically.</summary>
    /// <exception cref="Storage.StorageException">The file cannot be written.</exception>
    public static void SaveMarkdown(MethodComparison comparison, string path) => Storage.AtomicFile.WriteText(path, Markdown(comparison));

    private static string Caption(MethodComparison comparison) =>
        "± is half of the 95 % interval over episodes; adaptation is the median for one task on one core; memory is the arena of one worker, and of one adaptation"
        + (comparison.Rows.Any(row => row.Reported is not null) ? "; reported figures are those of the papers named below" : "") + ".";

    private static IEnumerable<string> Notes(MethodComparison comparison) =>
    [
        .. comparison.Rows.Where(row => row.Fault is not null).Select(row => $"{row.Method}: {row.Fault}."),
        .. comparison.Rows.Where(row => row.Reported is not null).Select(row => string.Create(
            CultureInfo.InvariantCulture, $"{row.Method}: {100 * row.Reported!.Accuracy:0.0#} % reported ({row.Reported.Source}).")),
    ];

    private static string Commands(MethodComparison comparison) => string.Join("\n\n", comparison.Rows.Select(row => $"{row.Train}\n{row.Evaluate}"));

    private static string Result(ComparisonRow row, bool classification) => classification
        ? string.Create(CultureInfo.InvariantCulture, $"{100 * row.Accuracy:0.0} ± {100 * row.Interval95:0.0} %, {row.Method}")
        : string.Create(CultureInfo.InvariantCulture, $"{row.Loss:0.0000}, {row.Method}");

    private static void Plots(HtmlReport report, MethodComparison comparison, ComparisonRow[] measured, bool classification)
    {
        string result = classification ? "accuracy (%)" : "mean squared error";
        ComparisonRow[] ranked = [.. measured.OrderBy(row => classification ? -row.Accuracy : row.Loss)];
        var ours = new BarSeries("measured", [.. ranked.Select(row => classification ? new Bar(100 * row.Accuracy!.Value, 100 * row.Interval95) : new Bar(row.Loss!.Value, row.LossInterval95))]);
        var reported = new BarSeries("reported", [.. ranked.Select(row => new Bar(100 * row.Reported?.Accuracy ?? double.NaN))]);
        report.Section(classification ? "Accuracy" : "Loss")
            .Chart(new BarChart(
                classification ? "Accuracy on new tasks" : "Loss on new tasks", new ChartAxis(result), Names(ranked), ranked.Any(row => row.Reported is not null) ? [ours, reported] : [ours])
            {
                NumberFormat = classification ? "0.0" : "0.000",
            })
            .Chart(new ScatterChart(
                classification ? "Accuracy against time of adaptation" : "Loss against time of adaptation",
                new ChartAxis("adaptation to one task on one core (ms)", AxisScale.Logarithmic),
                new ChartAxis(result),
                [new ScatterGroup("methods", [.. ranked.Select(row => new ScatterPoint(row.AdaptMillisecondsMedian!.Value, Value(row), row.Method))])]));
        if (measured.Any(row => row.Curve.Count > 0))
        {
            report.Section("Learning").Chart(new LineChart(
                "Validation while training",
                new ChartAxis("training time (s)"),
                new ChartAxis(result),
                [.. comparison.Rows.Where(row => row.Curve.Count > 0).Select(row => new LineSeries(
                    row.Method, [.. row.Curve.Select(point => point.Seconds)], [.. row.Curve.Select(point => point.Validation * (classification ? 100 : 1))]))]));
        }

        report.Section("Cost")
            .Chart(Cost("Time of adaptation", "median of one task on one core (ms)", "0.00", row => row.AdaptMillisecondsMedian))
            .Chart(Cost("Time of training", "seconds, validation excluded", "#,0", row => row.TrainingSeconds))
            .Chart(new BarChart(
                "Peak memory", new ChartAxis("arena of one task (MiB)", AxisScale.Logarithmic), Names(measured),
                [
                    new BarSeries("training", [.. measured.Select(row => new Bar(row.TrainingPeakBytes!.Value / (double)(1 << 20)))]),
                    new BarSeries("adaptation", [.. measured.Select(row => new Bar(row.AdaptPeakBytes!.Value / (double)(1 << 20)))]),
                ])
            {
                NumberFormat = "#,0.0",
            });

        double Value(ComparisonRow row) => classification ? 100 * row.Accuracy!.Value : row.Loss!.Value;

        BarChart Cost(string title, string axis, string format, Func<ComparisonRow, double?> cost) =>
            new(title, new ChartAxis(axis), Names(measured), [new BarSeries(title, [.. measured.Select(row => new Bar(cost(row) ?? double.NaN))])]) { NumberFormat = format };
    }

    private static string[] Names(ComparisonRow[] rows) => [.. rows.Select(row => row.Method)];
}
