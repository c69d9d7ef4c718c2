using System.Globalization;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

// What a cell says, or where it is and what is wrong with it.
internal static class TableCell
{
    // In standard deviations: the squares and sums of a network's numbers stay far below what a float holds.
    public const double Farthest = 1e15;

    private static readonly HashSet<string> s_missing = new(StringComparer.OrdinalIgnoreCase)
    {
        "NA",
        "N/A",
        "NaN",
        "null",
        "nil",
        "none",
        "missing",
        "?",
        "-",
        ".",
    };

    public static string Text(CsvFile file, CsvRow row, int column) =>
        row.Fields[column].Length > 0
            ? row.Fields[column]
            : throw new DataException(
                $"Line {row.Line}, column '{file.Header[column]}' of '{file.Path}' is empty; fill it in or remove the row."
            );

    // A number that a float can hold.
    public static double Number(CsvFile file, CsvRow row, int column, bool target = false)
    {
        string text = Text(file, row, column);
        return TryParse(text, file.Format.DecimalMark, out double value) && Math.Abs(value) <= float.MaxValue
            ? value
            : throw new DataException(
                $"Line {row.Line}, column '{file.Header[column]}' of '{file.Path}' has the value '{Shortened(text)}', which is not a "
                    + "finite number"
                    + $"{Cause(text, file, value)}; {(target ? WhatToDoWithTarget : WhatToDo)}."
            );
    }

    // The number less a mean, in scales.
    public static float Standardized(CsvFile file, CsvRow row, int column, double mean, double scale, bool target = false)
    {
        double value = (Number(file, row, column, target) - mean) / scale;
        return Math.Abs(value) <= Farthest ? (float)value : throw TooFar(file.Path, row.Line, file.Header[column]);
    }

    public static DataException TooFar(string path, int line, string column) =>
        new(
            $"Line {line}, column '{column}' of '{path}' lies more than {Farthest:0e0} standard deviations from the mean of the "
                + "training rows, too far for the numbers of a network; "
                + "correct it or remove the row."
        );

    private const string WhatToDo = "correct it, remove the row, or leave the column out of the features (TableOptions.Features)";

    private const string WhatToDoWithTarget =
        "correct it or remove the row, or predict the column as a class (TableOptions.Kind is Classification)";

    private static bool TryParse(string text, char mark, out double value)
    {
        value = 0;
        return (mark == '.' || !text.Contains('.', StringComparison.Ordinal))
            && double.TryParse(mark == '.' ? text : text.Replace(mark, '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && !double.IsNaN(value);
    }

    private static string Cause(string text, CsvFile file, double value)
    {
        if (Math.Abs(value) > float.MaxValue)
        {
            return string.Create(CultureInfo.InvariantCulture, $" of at most {float.MaxValue:0.0e0}");
        }

        if (s_missing.Contains(text))
        {
            return ": it is missing";
        }

        char mark = file.Format.DecimalMark;
        char other = mark == '.' ? ',' : '.';
        if (TryParse(text, other, out _))
        {
            return $" with the decimal mark '{mark}'. It has a decimal {(other == ',' ? "comma" : "point")}, and columns are separated "
                + $"by {file.SeparatorName}: "
                + $"give the other decimal mark (TableFormat.DecimalMark is '{other}')";
        }

        return DateTime.TryParse(text, CultureInfo.InvariantCulture, out _)
            ? ": it is a date, give the days since a first day instead"
            : ": it is text";
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : $"{text[..40]}…";
}
