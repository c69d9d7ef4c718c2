using System.Text;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

// The lines of a text file, one at a time, refused where they are no lines of a table: so a file of any size costs no more than its longest
// permitted line.
internal sealed class TextLines(string path, TextReader reader, string encoding)
{
    // Characters; a row of ten thousand columns has about a tenth of it.
    public const int Longest = 1 << 20;

    private readonly StringBuilder _line = new();
    private bool _returned;

    // Of the line that was read last, from 1.
    public int Number { get; private set; }

    // The next line without its line break, or null at the end of the file.
    public string? Next()
    {
        _line.Clear();
        Number++;
        for (int read = reader.Read(); read >= 0; read = reader.Read())
        {
            if (read == '\n')
            {
                _returned = false;
                return _line.ToString();
            }

            Append((char)read);
        }

        return _line.Length > 0 ? _line.ToString() : null;
    }

    private void Append(char character)
    {
        if (_returned)
        {
            throw Fault(
                "ends with a carriage return alone, as very old programs wrote it; save the table with line feeds (LF or CR LF) as "
                    + "line ends"
            );
        }

        _returned = character == '\r';
        if (_returned)
        {
            return;
        }

        if (character is '\uFFFD' or '\0')
        {
            throw Fault(
                character == '\0'
                    ? "has a null character, which no table has; name a text file, in UTF-8 if it was saved in another encoding"
                    : $"has bytes that are no {encoding} text; save the table as UTF-8, or name the encoding it has "
                        + "(TableFormat.Encoding), such as windows-1252"
            );
        }

        if (_line.Length == Longest)
        {
            throw Fault(
                $"has more than {Longest:#,0} characters, the most that a line of a table may have; name a table whose rows end with "
                    + "line breaks"
            );
        }

        _line.Append(character);
    }

    private DataException Fault(string what) => new($"Line {Number} of '{path}' {what}.");
}
