using System.Globalization;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>A comparison as one table: a row for each method.</summary>
public static class ComparisonTable
{
    private const string Nothing = "–";

    /// <summary>
    /// Makes the table; columns that would be empty are left out, and the one that tells statistics apart where there is nothing to tell.
    /// </summary>
    /// <param name="comparison">The comparison to show.</param>
    public static ReportTable Of(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        bool classification = comparison.Kind == TaskKind.Classification;
        string result = classification ? "accuracy (%)" : "loss";
        (string Header, Func<ComparisonRow, string> Cell)[] columns =
        [
            ("method", row => row.Method),
            ("meta-gradient", row => row.Order ?? Nothing),
            (result, row => Result(row, classification)),
            (
                classification ? "before (%)" : "loss before",
                row => classification ? Percent(row.AccuracyBefore) : Number(row.LossBefore, "0.0000")
            ),
            ("reported (%)", row => row.Reported?.Text("0.0") ?? Nothing),
            ("adaptation (ms)", row => Milliseconds(row.AdaptMillisecondsMedian)),
            ("meta-steps", row => Number(row.MetaSteps, "#,0")),
            ("training (s)", row => Number(row.TrainingSeconds, "#,0")),
            ("best after (s)", row => Number(BestPoint(row, classification)?.Seconds, "#,0")),
            ("training memory (MiB)", row => Mebibytes(row.TrainingPeakBytes)),
            ("adaptation memory (MiB)", row => Mebibytes(row.AdaptPeakBytes)),
            ("statistics", row => CommonStatistics(comparison) is null ? row.NormStatistics?.ToString().ToLowerInvariant() ?? Nothing : ""),
            ("set for it alone", row => row.Settings),
        ];
        (string Header, Func<ComparisonRow, string> Cell)[] kept = columns
            .Where(column => comparison.Rows.Any(row => column.Cell(row) is not ("" or Nothing)))
            .ToArray();
        return new ReportTable(
            [.. kept.Select(column => column.Header)],
            [.. comparison.Rows.Select(row => (IReadOnlyList<string>)[.. kept.Select(column => column.Cell(row))])]
        )
        {
            Numeric = [Array.FindIndex(kept, column => column.Header == result)],
            Highlighted = Ranked(comparison) is [{ } best, ..] ? [comparison.Rows.ToList().IndexOf(best)] : [],
        };
    }

    /// <summary>The rows that were measured, the best first.</summary>
    internal static IReadOnlyList<ComparisonRow> Ranked(MethodComparison comparison)
    {
        bool classification = comparison.Kind == TaskKind.Classification;
        return
        [
            .. comparison
                .Rows.Where(row => row.Outcome == ComparisonOutcome.Measured)
                .OrderBy(row => classification ? -row.Accuracy : row.Loss ?? double.PositiveInfinity),
        ];
    }

    /// <summary>The validation at which the weights that were measured were kept; null where there was none.</summary>
    internal static LearningCurvePoint? BestPoint(ComparisonRow row, bool classification) =>
        row.Outcome == ComparisonOutcome.Measured ? row.Curve.MinBy(point => classification ? -point.Validation : point.Validation) : null;

    /// <summary>Where normalisation took its statistics from, if that was the same for all.</summary>
    internal static NormStatistics? CommonStatistics(MethodComparison comparison) =>
        comparison.Rows.Where(row => row.NormStatistics is not null).Select(row => row.NormStatistics).Distinct().ToArray() is [{ } only]
            ? only
            : null;

    internal static string Result(ComparisonRow row, bool classification) =>
        row.Outcome switch
        {
            ComparisonOutcome.Diverged => "diverged",
            ComparisonOutcome.Impossible => "not possible",
            _ => classification ? Percent(row.Accuracy, row.Interval95) : Loss(row),
        };

    internal static string Percent(double? share, double? half) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} ± {100 * half:0.0}");

    internal static string Loss(ComparisonRow row) =>
        row.Loss is null ? "not finite" : string.Create(CultureInfo.InvariantCulture, $"{row.Loss:0.0000} ± {row.LossInterval95:0.0000}");

    internal static string Milliseconds(double? value) => Number(value, value < 0.1 ? "0.000" : "0.00");

    private static string Percent(double? share) => Number(100 * share, "0.0");

    private static string Mebibytes(long? bytes) => Number(bytes / (double)(1 << 20), bytes < 100 << 10 ? "0.000" : "#,0.0");

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? Nothing;
}
