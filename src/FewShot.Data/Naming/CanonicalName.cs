using System.Globalization;
using System.Text;

namespace FewShot.Data.Naming;

/// <summary>
/// The canonical decomposition (NFD) of a name: spellings that Unicode holds equal, é as one character or as e and an accent, become the
/// same text.
/// </summary>
/// <remarks>
/// The runtime's own normalisation changes nothing where globalisation is invariant, and follows the tables of the system elsewhere. What a
/// class is must depend on neither, so the tables are here.
/// </remarks>
internal static class CanonicalName
{
    private const int HangulFirst = 0xAC00,
        HangulCount = 11172,
        LeadFirst = 0x1100,
        VowelFirst = 0x1161,
        TailFirst = 0x11A7,
        Vowels = 21,
        Tails = 28;

    private static readonly Lazy<(Dictionary<int, int[]> Decompositions, Dictionary<int, byte> Classes)> s_forms = new(Load);

    public static string Of(string name)
    {
        if (Ascii.IsValid(name))
        {
            return name;
        }

        var points = new List<int>();
        foreach (Rune rune in name.EnumerateRunes())
        {
            Decompose(rune.Value, points);
        }

        Reorder(points);
        var text = new StringBuilder();
        foreach (int point in points)
        {
            text.Append(new Rune(point).ToString());
        }

        return text.ToString();
    }

    private static void Decompose(int point, List<int> points)
    {
        int syllable = point - HangulFirst;
        if (syllable is >= 0 and < HangulCount)
        {
            points.Add(LeadFirst + (syllable / (Vowels * Tails)));
            points.Add(VowelFirst + (syllable / Tails % Vowels));
            if (syllable % Tails > 0)
            {
                points.Add(TailFirst + (syllable % Tails));
            }
        }
        else if (s_forms.Value.Decompositions.TryGetValue(point, out int[]? parts))
        {
            points.AddRange(parts);
        }
        else
        {
            points.Add(point);
        }
    }

    // Marks on one letter stand in the order of their classes; those of one class keep theirs.
    private static void Reorder(List<int> points)
    {
        for (int i = 1; i < points.Count; i++)
        {
            int own = ClassOf(points[i]);
            for (int j = i; own > 0 && j > 0 && ClassOf(points[j - 1]) > own; j--)
            {
                (points[j - 1], points[j]) = (points[j], points[j - 1]);
            }
        }
    }

    private static int ClassOf(int point) => s_forms.Value.Classes.GetValueOrDefault(point);

    private static (Dictionary<int, int[]> Decompositions, Dictionary<int, byte> Classes) Load()
    {
        var decompositions = new Dictionary<int, int[]>();
        var classes = new Dictionary<int, byte>();
        using var lines = new StreamReader(typeof(CanonicalName).Assembly.GetManifestResourceStream("CanonicalForms.txt")!);
        while (lines.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            if (line.Split('-', ':') is [string first, string last, string number])
            {
                for (int point = Hex(first); point <= Hex(last); point++)
                {
                    classes[point] = byte.Parse(number, CultureInfo.InvariantCulture);
                }
            }
            else
            {
                int[] points = Array.ConvertAll(line.Split(' '), Hex);
                decompositions[points[0]] = points[1..];
            }
        }

        return (decompositions, classes);
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
