using System.Globalization;

namespace FewShot.Reporting;

/// <summary>A table of a report. Columns whose every cell is a number (also <c>98.7 ± 0.4 %</c>) are aligned to the right.</summary>
/// <param name="Headers">The names of the columns.</param>
/// <param name="Rows">The cells, as many in every row as there are columns.</param>
public sealed record ReportTable(IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The indices of the rows to set off, such as the best; empty for none.</summary>
    public IReadOnlyCollection<int> Highlighted { get; init; } = [];

    internal bool IsNumeric(int column) => Rows.Count > 0 && Rows.All(row => IsNumber(row[column]));

    internal void Check()
    {
        for (var index = 0; index < Rows.Count; index++)
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
        var first = cell.Trim().Split(' ', 2)[0].TrimEnd('%', '×', 's');
        return first is "" or "-" or "–" or "—" || double.TryParse(first.Replace('−', '-'), NumberStyles.Number | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _);
    }
}
