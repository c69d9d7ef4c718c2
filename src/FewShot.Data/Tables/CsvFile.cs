using System.Text;
using FewShot.Naming;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

// A table of text with a header (RFC 4180): fields may be quoted, with separators, line breaks and doubled quotes inside. Every row knows
// its line.
internal sealed record CsvFile(string Path, TableFormat Format, string[] Header, IReadOnlyList<CsvRow> Rows)
{
    private static readonly char[] s_separators = [',', ';', '\t'];

    // Whether it is read as a learner takes it, so that neither format nor columns can be chosen.
    public bool IsForLearner { get; init; }

    // The format of what is read has its separator, found or given.
    public static CsvFile Read(string path, TableFormat format)
    {
        try
        {
            if (RegularFile.LengthOf(path) == 0)
            {
                throw new DataException(
                    $"The table '{path}' is empty (or a pipe or device, which has no length); give a file with a header line."
                );
            }

            using var reader = new StreamReader(path, format.TextEncoding, detectEncodingFromByteOrderMarks: true);
            return Read(path, format, new TextLines(path, reader, format.Encoding));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"The table '{path}' does not exist; name a comma-separated file with a header line.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The table '{path}' cannot be read: {error.Message}", error);
        }
    }

    // The number of a column.
    public int ColumnOf(string name)
    {
        int column = Array.IndexOf(Header, name);
        return column >= 0
            ? column
            : throw new DataException(
                $"The table '{Path}' has no column '{name}'.{NameSuggestion.For(name, Header)} Its columns, separated by "
                    + $"{SeparatorName}, are "
                    + $"{string.Join(", ", Header.Select(column => $"'{column}'"))}."
            );
    }

    public string SeparatorName =>
        Format.Separator switch
        {
            ',' => "commas",
            ';' => "semicolons",
            '\t' => "tabs",
            { } other => $"'{other}'",
            null => "commas",
        };

    private static CsvFile Read(string path, TableFormat format, TextLines lines)
    {
        string[]? header = null;
        var rows = new List<CsvRow>();
        for (string? line = lines.Next(); line is not null; line = lines.Next())
        {
            if (header is null)
            {
                format = format with { Separator = format.Separator ?? SeparatorOf(line) };
            }

            var row = new CsvRow(lines.Number, Fields(path, line, format.Separator!.Value, lines));
            if (row.Fields is [""])
            {
                // A blank line is no row.
            }
            else if (header is null)
            {
                header = row.Fields;
                RequireDifferentNames(path, header);
            }
            else
            {
                rows.Add(
                    row.Fields.Length == header.Length
                        ? row
                        : throw new DataException(
                            $"Line {row.Line} of '{path}' has {row.Fields.Length} columns, but the header has {header.Length}; correct "
                                + "the line."
                        )
                );
            }
        }

        return header is null
            ? throw new DataException($"The table '{path}' is empty; it needs a header line and rows.")
            : new CsvFile(path, format, header, rows);
    }

    private static void RequireDifferentNames(string path, string[] header)
    {
        if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key is { } twice)
        {
            throw new DataException($"The table '{path}' has two columns named '{twice}'; rename one.");
        }
    }

    private static char SeparatorOf(string header) => s_separators.MaxBy(separator => header.Count(character => character == separator));

    // The fields of the row that begins with a line: an open quote takes in the lines after it.
    private static string[] Fields(string path, string line, char separator, TextLines lines)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        int opened = lines.Number;
        int length = line.Length;
        bool quoted = false;
        for (int position = 0; ; position++)
        {
            if (position == line.Length)
            {
                if (!quoted)
                {
                    fields.Add(field.ToString().Trim());
                    return [.. fields];
                }

                field.Append('\n');
                line = lines.Next() ?? throw new DataException($"A quote opened in line {opened} of '{path}' is never closed; close it.");
                length += line.Length + 1;
                if (length > TextLines.Longest)
                {
                    throw new DataException(
                        $"A quote opened in line {opened} of '{path}' goes on for more than {TextLines.Longest:#,0} characters, the "
                            + "most that a row may have; close it."
                    );
                }

                position = -1;
            }
            else if (line[position] == '"' && (quoted || field.Length == 0))
            {
                bool doubled = quoted && position + 1 < line.Length && line[position + 1] == '"';
                (quoted, opened) = (doubled || !quoted, quoted ? opened : lines.Number);
                if (doubled)
                {
                    field.Append('"');
                    position++;
                }
            }
            else if (line[position] == separator && !quoted)
            {
                fields.Add(field.ToString().Trim());
                field.Clear();
            }
            else
            {
                field.Append(line[position]);
            }
        }
    }
}

// One row and the line of the file it begins in.
internal sealed record CsvRow(int Line, string[] Fields);
