using System.Globalization;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>Writes a comparison for people: one page with plots, or text for a document.</summary>
public static class ComparisonReport
{
    /// <summary>Makes the page with plots.</summary>
    /// <param name="comparison">The comparison to show.</param>
    public static HtmlReport Html(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        bool classification = comparison.Kind == TaskKind.Classification;
        IReadOnlyList<ComparisonRow> ranked = ComparisonTable.Ranked(comparison);
        var report = new HtmlReport($"Methods on {comparison.Data}, {comparison.Tasks}", $"{comparison.Conditions}.");
        if (ranked.Count > 0)
        {
            ComparisonRow best = ranked[0];
            ComparisonRow fastest = ranked.MinBy(row => row.AdaptMillisecondsMedian)!;
            report.KeyFigures(
                (
                    classification ? $"best accuracy: {best.Method}" : $"lowest loss: {best.Method}",
                    classification ? $"{ComparisonTable.Percent(best.Accuracy, best.Interval95)} %" : ComparisonTable.Loss(best)
                ),
                ($"fastest adaptation: {fastest.Method}", $"{ComparisonTable.Milliseconds(fastest.AdaptMillisecondsMedian)} ms")
            );
        }

        report.Table(ComparisonTable.Of(comparison), Caption(comparison));
        foreach (string fault in Faults(comparison))
        {
            report.Note(fault);
        }

        if (Reported(comparison) is { } reported)
        {
            report.Paragraph(reported);
        }

        foreach (Section section in ranked.Count == 0 ? [] : ComparisonCharts.Of(comparison, ranked))
        {
            report.Section(section.Title);
            foreach ((Chart chart, string? caption) in section.Charts)
            {
                report.Chart(chart, caption);
            }
        }

        report.Section("Commands").Paragraph("The command that makes this comparison, then those that give each row alone.");
        return report.Preformatted(Commands(comparison));
    }

    /// <summary>Writes the table and the commands in markdown, as text.</summary>
    /// <param name="comparison">The comparison to show.</param>
    public static string Markdown(MethodComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string[] notes = [.. Faults(comparison), .. Reported(comparison) is { } reported ? [reported] : Array.Empty<string>()];
        string commands = string.Concat(Commands(comparison).Split('\n').Select(line => line.Length == 0 ? "\n" : $"    {line}\n"));
        return $"{comparison.Data}, {comparison.Tasks}: "
            + $"{comparison.Conditions}.\n\n{ComparisonTable.Of(comparison).ToMarkdown()}\n{Caption(comparison)}\n\n"
            + $"{string.Concat(notes.Select(note => note + "\n\n"))}{commands}";
    }

    /// <summary>Writes the table and the commands in markdown, atomically.</summary>
    /// <param name="comparison">The comparison to show.</param>
    /// <param name="path">The path of the file to write.</param>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public static void SaveMarkdown(MethodComparison comparison, string path) => AtomicFile.WriteText(path, Markdown(comparison));

    private static string Caption(MethodComparison comparison)
    {
        string statistics = ComparisonTable.CommonStatistics(comparison) is { } common
            ? $" Normalisation is from {common.ToString().ToLowerInvariant()} statistics."
            : "";
        return "± is half of the 95 % interval over episodes. Adaptation is the median for one task on one core. The weights measured "
            + "are those that validated best. "
            + $"Memory is the arena of one worker, and of one adaptation.{statistics}";
    }

    private static IEnumerable<string> Faults(MethodComparison comparison) =>
        comparison.Rows.Where(row => row.Reason is not null).Select(row => $"{row.Reason}.");

    private static string? Reported(MethodComparison comparison)
    {
        string[] figures =
        [
            .. comparison
                .Rows.Where(row => row.Reported is not null)
                .Select(row => $"{row.Method} {row.Reported!.Text("0.0#")} % ({row.Reported.Source})"),
        ];
        return figures.Length == 0 ? null : $"Reported, with the budgets and settings of the papers: {string.Join("; ", figures)}.";
    }

    private static string Commands(MethodComparison comparison) =>
        string.Join(
            "\n\n",
            [
                .. comparison.Command is { } command ? [command] : Array.Empty<string>(),
                .. comparison.Rows.Select(row => $"{row.Train}\n{row.Evaluate}"),
            ]
        );
}
