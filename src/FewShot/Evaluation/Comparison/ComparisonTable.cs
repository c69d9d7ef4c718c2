using System.Globalization;
using FewShot.Reporting;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>A comparison as one table: a row for each method.</summary>
public static class ComparisonTable
{
    private const string Nothing = "–";

    /// <summary>The table; columns that would be empty are left out.</summary>
    public static ReportTable Of(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        bool classification = comparison.Kind == TaskKind.Classification;
        (string Header, Func<ComparisonRow, string> Cell)[] columns =
        [
            ("method", row => row.Method),
            ("set", row => row.Settings),
            ("meta-gradient", row => row.Order ?? Nothing),
            (classification ? "accuracy (%)" : "loss", row => Result(row, classification)),
            (classification ? "before (%)" : "loss before", row => classification ? Percent(row.AccuracyBefore) : Number(row.LossBefore, "0.0000")),
            ("reported (%)", row => Percent(row.Reported?.Accuracy)),
            ("adaptation (ms)", row => Number(row.AdaptMillisecondsMedian, "0.00")),
            ("meta-steps", row => Number(row.MetaSteps, "#,0")),
            ("training (s)", row => Number(row.TrainingSeconds, "#,0")),
            ("training memory (MiB)", row => Mebibytes(row.TrainingPeakBytes)),
            ("adaptation memory (MiB)", row => Mebibytes(row.AdaptPeakBytes)),
            ("statistics", row => row.NormStatistics?.ToString().ToLowerInvariant() ?? Nothing),
        ];
        var kept = columns.Where(column => comparison.Rows.Count == 0 || comparison.Rows.Any(row => column.Cell(row) is not ("" or Nothing))).ToArray();
        return new ReportTable([.. kept.Select(column => column.Header)], [.. comparison.Rows.Select(row => (IReadOnlyList<string>)[.. kept.Select(column => column.Cell(row))])])
        {
            Highlighted = Best(comparison) is { } best ? [best] : [],
        };
    }

    /// <summary>The row with the best result; null where nothing was measured.</summary>
    public static int? Best(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        bool classification = comparison.Kind == TaskKind.Classification;
        var measured = comparison.Rows.Select((row, index) => (Value: classification ? -row.Accuracy : row.Loss, index)).Where(pair => pair.Value is not null).ToArray();
        return measured.Length == 0 ? null : measured.MinBy(pair => pair.Value).index;
    }

    private static string Result(ComparisonRow row, bool classification) => row.Outcome switch
    {
        ComparisonOutcome.Diverged => "diverged",
        ComparisonOutcome.Impossible => "not possible",
        _ => classification
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * row.Accuracy:0.0} ± {100 * row.Interval95:0.0}")
            : string.Create(CultureInfo.InvariantCulture, $"{row.Loss:0.0000} ± {row.LossInterval95:0.0000}"),
    };

    private static string Percent(double? share) => Number(100 * share, "0.0");

    private static string Mebibytes(long? bytes) => Number(bytes / (double)(1 << 20), "#,0.0");

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? Nothing;
}
