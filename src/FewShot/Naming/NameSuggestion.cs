namespace FewShot.Naming;

/// <summary>Finds what the user may have meant by a name that does not exist.</summary>
public static class NameSuggestion
{
    /// <summary>The question <c> Did you mean 'x'?</c> with a space before it, or nothing where no name is near.</summary>
    /// <param name="name">What the user wrote.</param>
    /// <param name="known">The names that exist.</param>
    public static string For(string name, IEnumerable<string> known)
    {
        (string? best, int distance) = known
            .Select(candidate => (Name: (string?)candidate, Distance: EditDistance(name.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .DefaultIfEmpty((null, int.MaxValue))
            .MinBy(candidate => candidate.Item2);
        return best is not null && distance <= Math.Max(2, best.Length / 3) ? $" Did you mean '{best}'?" : "";
    }

    // Levenshtein's distance: insertions, deletions and replacements.
    internal static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
