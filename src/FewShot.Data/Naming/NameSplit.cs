using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FewShot.Tasks;

namespace FewShot.Data.Naming;

// Divides named things into training, validation and test where the user did not.
internal static class NameSplit
{
    private const double TestShare = 0.2,
        ValidationShare = 0.16;

    private static readonly Dictionary<string, Split> s_given = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = Split.Train,
        ["training"] = Split.Train,
        ["validation"] = Split.Validation,
        ["val"] = Split.Validation,
        ["valid"] = Split.Validation,
        ["dev"] = Split.Validation,
        ["development"] = Split.Validation,
        ["test"] = Split.Test,
        ["testing"] = Split.Test,
    };

    // What users call the splits that they made themselves; null for any other word.
    public static Split? Given(string word) => s_given.TryGetValue(WithoutSet(word), out Split split) ? split : null;

    // The word of "test_set", "test-set", "test set" and "testset".
    private static string WithoutSet(string word) =>
        word.EndsWith("set", StringComparison.OrdinalIgnoreCase) ? word[..^3].TrimEnd('_', '-', ' ') : word;

    // The split of each name.
    public static Func<string, Split> Divide(IReadOnlyCollection<string> names, ClassDivision division)
    {
        if (division == ClassDivision.ByHash)
        {
            return Of;
        }

        Dictionary<string, Split> ranked = Divide(names);
        return name => ranked[name];
    }

    // By the name alone, see ClassDivision.ByHash.
    private static Split Of(string name)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalName.Of(name)));
        double share = BinaryPrimitives.ReadUInt64BigEndian(hash) / Math.Pow(2, 64);
        return share < TestShare ? Split.Test
            : share < TestShare + ValidationShare ? Split.Validation
            : Split.Train;
    }

    // 64 / 16 / 20, ordered by a hash of the name, so that the same names always divide the same way; other names beside one can move it.
    private static Dictionary<string, Split> Divide(IReadOnlyCollection<string> names)
    {
        string[] ordered = [.. names.OrderBy(Hash).ThenBy(name => name, StringComparer.Ordinal)];
        int test = (int)Math.Round(TestShare * ordered.Length, MidpointRounding.AwayFromZero);
        int validation = (int)Math.Round(ValidationShare * ordered.Length, MidpointRounding.AwayFromZero);
        var splits = new Dictionary<string, Split>();
        for (int i = 0; i < ordered.Length; i++)
        {
            splits[ordered[i]] =
                i < test ? Split.Test
                : i < test + validation ? Split.Validation
                : Split.Train;
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
