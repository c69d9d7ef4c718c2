using System.Text;

namespace FewShot.Data.Tables;

/// <summary>
/// How the text of a table is written. A learner keeps the format it was trained on: examples and queries are read in the same one.
/// Immutable.
/// </summary>
public sealed record TableFormat
{
    /// <summary>
    /// The character between two columns; null takes the one of comma, semicolon and tab that the header line has most of, a comma where
    /// there is none.
    /// </summary>
    /// <value>Null by default.</value>
    public char? Separator
    {
        get;
        init =>
            field = value is not ('"' or '\r' or '\n')
                ? value
                : throw new ArgumentException(
                    "A separator is neither a quote nor a line break; give a comma, a semicolon or a tab.",
                    nameof(value)
                );
    }

    /// <summary>The character before the decimals of a number: '.' or ','.</summary>
    /// <value>A point by default.</value>
    public char DecimalMark
    {
        get;
        init =>
            field = value is '.' or ','
                ? value
                : throw new ArgumentException($"A decimal mark is '.' or ',', not '{value}'.", nameof(value));
    } = '.';

    /// <summary>The name of the text's encoding, such as windows-1252; a byte order mark of UTF-8 or UTF-16 goes before it.</summary>
    /// <value>UTF-8 by default.</value>
    public string Encoding
    {
        get;
        init
        {
            _ = Find(value);
            field = value;
        }
    } = "utf-8";

    internal Encoding TextEncoding => Find(Encoding);

    private static Encoding Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(name) ?? System.Text.Encoding.GetEncoding(name);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException(
                $"There is no text encoding '{name}'; give its registered name, such as utf-8, utf-16 or windows-1252.",
                error
            );
        }
    }
}
