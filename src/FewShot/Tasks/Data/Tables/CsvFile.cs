using System.Text;

namespace FewShot.Tasks.Data;

// A comma-separated file with a header (RFC 4180): fields may be quoted, with commas, line breaks and doubled quotes inside. Every row knows its line.
internal sealed record CsvFile(string Path, string[] Header, IReadOnlyList<CsvRow> Rows)
{
    public static CsvFile Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"The table '{path}' does not exist; name a comma-separated file with a header line.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The table '{path}' cannot be read: {error.Message}", error);
        }

        List<CsvRow> rows = Parse(path, text);
        if (rows.Count == 0)
        {
            throw new DataException($"The table '{path}' is empty; it needs a header line and rows.");
        }

        string[] header = rows[0].Fields;
        string? twice = header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null)
        {
            throw new DataException($"The table '{path}' has two columns named '{twice}'; rename one.");
        }

        rows.RemoveAt(0);
        CsvRow? ragged = rows.Find(row => row.Fields.Length != header.Length);
        return ragged is null
            ? new CsvFile(path, header, rows)
            : throw new DataException($"Line {ragged.Line} of '{path}' has {ragged.Fields.Length} columns, but the header has {header.Length}; correct the line.");
    }

    // The number of a column.
    public int ColumnOf(string name)
    {
        int column = Array.IndexOf(Header, name);
        return column >= 0
            ? column
            : throw new DataException($"The table '{Path}' has no column '{name}'.{NameSuggestion.For(name, Header)} Its columns are {string.Join(", ", Header)}.");
    }

    private static List<CsvRow> Parse(string path, string text)
    {
        var rows = new List<CsvRow>();
        var fields = new List<string>();
        var field = new StringBuilder();
        int line = 1, rowLine = 1, position = 0;
        while (position < text.Length)
        {
            char next = text[position];
            if (next == '"' && field.Length == 0)
            {
                ReadQuoted(path, text, field, ref position, ref line);
            }
            else if (next is ',' or '\n')
            {
                fields.Add(Take(field));
                position++;
                if (next == '\n')
                {
                    EndRow();
                    rowLine = ++line;
                }
            }
            else
            {
                field.Append(next);
                position++;
            }
        }

        if (field.Length > 0 || fields.Count > 0)
        {
            fields.Add(Take(field));
            EndRow();
        }

        return rows;

        void EndRow()
        {
            // A blank line is no row.
            if (fields is not [""])
            {
                rows.Add(new CsvRow(rowLine, [.. fields]));
            }

            fields.Clear();
        }
    }

    private static void ReadQuoted(string path, string text, StringBuilder field, ref int position, ref int line)
    {
        int opened = line;
        for (position++; position < text.Length; position++)
        {
            char next = text[position];
            if (next != '"')
            {
                line += next == '\n' ? 1 : 0;
                field.Append(next);
            }
            else if (position + 1 < text.Length && text[position + 1] == '"')
            {
                field.Append('"');
                position++;
            }
            else
            {
                position++;
                return;
            }
        }

        throw new DataException($"A quote opened in line {opened} of '{path}' is never closed; close it.");
    }

    private static string Take(StringBuilder field)
    {
        string text = field.ToString().Trim();
        field.Clear();
        return text;
    }
}

// One row and the line of the file it begins in.
internal sealed record CsvRow(int Line, string[] Fields);
