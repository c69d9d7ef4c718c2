using System.Globalization;
using FewShot.Methods;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>Several comparisons as tables of methods by tasks, in markdown for a document.</summary>
public static class ComparisonMerge
{
    private const string Nothing = "–";

    /// <summary>A table of results, one of costs, and the conditions of each comparison.</summary>
    /// <param name="comparisons">Comparisons; those of the same tasks share a column, so a method may occur in one of them only.</param>
    /// <exception cref="ArgumentException">A method was measured on the same tasks in two of them.</exception>
    public static string Markdown(IReadOnlyList<MethodComparison> comparisons)
    {
        ArgumentNullException.ThrowIfNull(comparisons);
        IGrouping<string, MethodComparison>[] columns = [.. comparisons.GroupBy(Column)];
        var cells = new Dictionary<(string Method, string Column), (ComparisonRow Row, bool Classification)>();
        foreach (
            (MethodComparison comparison, ComparisonRow row) in comparisons.SelectMany(comparison =>
                comparison.Rows.Select(row => (comparison, row))
            )
        )
        {
            if (!cells.TryAdd((row.Method, Column(comparison)), (row, comparison.Kind == TaskKind.Classification)))
            {
                throw new ArgumentException(
                    $"{row.Method} on {Column(comparison)} is in two of the comparisons; merge those that do not overlap"
                );
            }
        }

        string[] methods = [.. Catalogue.Names.Where(method => cells.Keys.Any(key => key.Method == method))];
        string conditions = string.Concat(
            comparisons.Select(comparison =>
                $"- {Column(comparison)}: {comparison.Conditions}.\n{(comparison.Command is { } command ? $"\n      {command}\n\n" : "")}"
            )
        );
        return "Test accuracy in % with the 95 % interval (mean squared error for regression); in parentheses what is "
            + $"reported.\n\n{Table(Result)}\n"
            + "Adaptation to one task on one core in ms / training in s until the weights measured / peak memory of one worker in "
            + $"training in MiB.\n\n{Table(Cost)}\n{conditions}";

        string Table(Func<ComparisonRow, bool, string> text) =>
            new ReportTable(
                ["method", .. columns.Select(column => column.Key)],
                [
                    .. methods.Select(method =>
                        (IReadOnlyList<string>)
                            [
                                method,
                                .. columns.Select(column =>
                                    cells.TryGetValue((method, column.Key), out (ComparisonRow Row, bool Classification) cell)
                                        ? text(cell.Row, cell.Classification)
                                        : ""
                                ),
                            ]
                    ),
                ]
            )
            {
                Numeric = [.. Enumerable.Range(1, columns.Length)],
            }.ToMarkdown();
    }

    private static string Column(MethodComparison comparison) => $"{comparison.Data}, {comparison.Tasks}";

    private static string Result(ComparisonRow row, bool classification) =>
        ComparisonTable.Result(row, classification) + (row.Reported is { } reported ? $" ({reported.Text("0.0")})" : "");

    private static string Cost(ComparisonRow row, bool classification) =>
        row.Outcome != ComparisonOutcome.Measured
            ? Nothing
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{ComparisonTable.Milliseconds(row.AdaptMillisecondsMedian)} / "
                    + $"{ComparisonTable.BestPoint(row, classification)?.Seconds ?? row.TrainingSeconds:0} / "
                    + $"{row.TrainingPeakBytes / (double)(1 << 20):0.0}"
            );
}
