using System.Globalization;

namespace FewShot.Reporting;

/// <summary>A table of a report. Columns whose every cell is a number (also <c>98.7 ± 0.4 %</c>) are aligned to the right.</summary>
/// <param name="Headers">The names of the columns.</param>
/// <param name="Rows">The cells, as many in every row as there are columns.</param>
public sealed record ReportTable(IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The indices of the rows to set off, such as the best; empty for none.</summary>
    /// <value>None by default.</value>
    public IReadOnlyCollection<int> Highlighted { get; init; } = [];

    /// <summary>The indices of columns aligned to the right although words stand in some of their cells; empty for none.</summary>
    /// <value>None by default.</value>
    public IReadOnlyCollection<int> Numeric { get; init; } = [];

    /// <summary>The table in markdown; the rows set off are bold.</summary>
    /// <exception cref="ArgumentException">A row has more or fewer cells than there are columns.</exception>
    public string ToMarkdown()
    {
        Check();
        string[] marks = [.. Enumerable.Range(0, Headers.Count).Select(column => IsNumeric(column) ? "---:" : "---")];
        IEnumerable<string> lines = Rows.Select(
            (row, index) =>
                Line(row.Select(cell => Highlighted.Contains(index) && cell.Length > 0 ? $"**{Escaped(cell)}**" : Escaped(cell)))
        );
        return string.Concat(new[] { Line(Headers.Select(Escaped)), Line(marks) }.Concat(lines));

        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";

        static string Escaped(string cell) => cell.Replace("|", "\\|", StringComparison.Ordinal);
    }

    internal bool IsNumeric(int column) => Numeric.Contains(column) || (Rows.Count > 0 && Rows.All(row => IsNumber(row[column])));

    internal void Check()
    {
        for (int index = 0; index < Rows.Count; index++)
        {
            if (Rows[index].Count != Headers.Count)
            {
                throw new ArgumentException($"row {index} of the table has {Rows[index].Count} cells for {Headers.Count} columns");
            }
        }
    }

    // The number leads; a unit, an interval or a factor may follow. An empty cell or a dash does not make a column text.
    private static bool IsNumber(string cell)
    {
        string first = cell.Trim().Split(' ', 2)[0].TrimEnd('%', '×', 's');
        return first is "" or "-" or "–" or "—"
            || double.TryParse(
                first.Replace('−', '-'),
                NumberStyles.Number | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out _
            );
    }
}
