using System.Globalization;
using System.Text;

namespace FewShot.Cli.Printing;

/// <summary>
/// Text that came from elsewhere (names of classes and files, contents of files, words of a command line), as a terminal may have it: what
/// would move the cursor, change colours, break the line or turn its direction is shown as <c>\u001B</c> and not obeyed.
/// </summary>
internal static class TerminalText
{
    // Joiners carry meaning in Persian, Indic scripts and emoji, and order nothing.
    private const char ZeroWidthNonJoiner = '\u200C';
    private const char ZeroWidthJoiner = '\u200D';

    /// <summary>The text on one line, with nothing in it that a terminal obeys.</summary>
    public static string Shown(string text)
    {
        if (text.All(character => !IsObeyed(character) && !char.IsSurrogate(character)))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            // A pair is one character: an emoji stands, an invisible tag or half a pair is shown by its numbers.
            int length = char.IsSurrogatePair(text, i) ? 2 : 1;
            bool obeyed =
                length == 2
                    ? CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.Format
                    : IsObeyed(text[i]) || char.IsSurrogate(text[i]);
            for (int end = i + length; i < end; i++)
            {
                _ = obeyed ? shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}") : shown.Append(text[i]);
            }

            i--;
        }

        return shown.ToString();
    }

    private static bool IsObeyed(char character) =>
        character is not (ZeroWidthNonJoiner or ZeroWidthJoiner)
        && char.GetUnicodeCategory(character)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
