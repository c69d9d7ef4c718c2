using System.Globalization;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

// What a cell says, or where it is and what is wrong with it.
internal static class TableCell
{
    // In standard deviations. A float has seven digits: beside a number that far, it cannot tell the usual ones from each other.
    public const double Farthest = 1e7;

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
                    + $"finite number{Cause(text, file, value)}; {WhatToDo(file, target)}."
            );
    }

    // The number less a mean, in scales.
    public static float Standardized(CsvFile file, CsvRow row, int column, double mean, double scale, bool target = false) =>
        (float)Standardized(Number(file, row, column, target), mean, scale, new TablePlace(file.Path, row.Line, file.Header[column]));

    public static double Standardized(double value, double mean, double scale, TablePlace place)
    {
        double standardized = (value - mean) / scale;
        return Math.Abs(standardized) <= Farthest
            ? standardized
            : throw new DataException(
                $"{place} lies more than {Farthest:0e0} standard deviations from the mean of the training rows, too far for the numbers "
                    + "of a network; correct it or remove the row."
            );
    }

    public static DataException Outlier(TablePlace place, double value) =>
        new(
            $"{place} is {value.ToString("0.##e0", CultureInfo.InvariantCulture)}, more than {Farthest:0e0} times as far from the column's "
                + "median as half of its numbers are, so that beside it a network could not tell those apart; correct it or remove the row."
        );

    private static string WhatToDo(CsvFile file, bool target) =>
        file.IsForLearner ? "correct it or remove the row"
        : target ? "correct it or remove the row, or predict the column as a class (TableOptions.Kind is Classification)"
        : "correct it, remove the row, or leave the column out of the features (TableOptions.Features)";

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
        bool hasGroups = IsGrouped(text, mark);
        if (TryParse(text, other, out _))
        {
            string name = other == ',' ? "comma" : "point";
            return $" with the decimal mark '{mark}'. It has a decimal {name}, and columns are separated by {file.SeparatorName}: "
                + (
                    file.IsForLearner
                        ? $"write the decimal mark '{mark}', as the table of the training did"
                        : $"give the other decimal mark (TableFormat.DecimalMark is '{other}')"
                )
                + (hasGroups ? $". If the {name} only groups thousands, write the number without it" : "");
        }

        return hasGroups ? ": its thousands are grouped, write it without the characters between them"
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _) || TimeOnly.TryParse(text, CultureInfo.InvariantCulture, out _)
                ? ": it is a time, give the seconds or hours instead"
            : DateTime.TryParse(text, CultureInfo.InvariantCulture, out _) ? ": it is a date, give the days since a first day instead"
            : ": it is text";
    }

    // Whether a text is a number whose digits stand in groups of three, such as 1 234, 1'234.5 or 12,345,678.
    private static bool IsGrouped(string text, char mark)
    {
        string whole = text.Split(mark)[0].TrimStart('+', '-');
        string[] groups = whole.Split([' ', '\u00A0', '\u2009', '\u202F', '\'', '\u2019', mark == '.' ? ',' : '.']);
        return groups.Length > 1
            && groups[0].Length is >= 1 and <= 3
            && groups.Skip(1).All(group => group.Length == 3)
            && groups.All(group => group.All(char.IsAsciiDigit))
            && text.Split(mark).Skip(1).All(rest => rest.All(char.IsAsciiDigit));
    }

    private static string Shortened(string text) => text.Length <= 40 ? text : $"{text[..40]}…";
}

// Where a cell is, as an error says it.
internal readonly record struct TablePlace(string Path, int Line, string Column)
{
    public override string ToString() => $"Line {Line}, column '{Column}' of '{Path}'";
}
