using System.Text;

namespace FewShot.Tasks.Data;

// Divides named things 64 / 16 / 20 into training, validation and test where the user did not: ordered by a hash of the name, so the same names always divide the same way.
internal static class NameSplit
{
    public static Dictionary<string, Split> Divide(IReadOnlyCollection<string> names)
    {
        string[] ordered = [.. names.OrderBy(Hash).ThenBy(name => name, StringComparer.Ordinal)];
        int test = (int)Math.Round(0.2 * ordered.Length, MidpointRounding.AwayFromZero);
        int validation = (int)Math.Round(0.16 * ordered.Length, MidpointRounding.AwayFromZero);
        var splits = new Dictionary<string, Split>();
        for (int i = 0; i < ordered.Length; i++)
        {
            splits[ordered[i]] = i < test ? Split.Test : i < test + validation ? Split.Validation : Split.Train;
        }

        return splits;
    }

    // FNV-1a, finished so that names which differ only at their end land far apart.
    private static ulong Hash(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        return hash ^ (hash >> 33);
    }
}
