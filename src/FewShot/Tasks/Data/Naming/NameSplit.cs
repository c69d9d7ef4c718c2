using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FewShot.Tasks.Data;

// Divides named things into training, validation and test where the user did not.
internal static class NameSplit
{
    private const double TestShare = 0.2, ValidationShare = 0.16;

    // By the name alone, see ClassDivision.ByHash.
    public static Split Of(string name)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalName.Of(name)));
        double share = BinaryPrimitives.ReadUInt64BigEndian(hash) / Math.Pow(2, 64);
        return share < TestShare ? Split.Test : share < TestShare + ValidationShare ? Split.Validation : Split.Train;
    }

    // 64 / 16 / 20, ordered by a hash of the name, so that the same names always divide the same way; other names beside one can move it.
    public static Dictionary<string, Split> Divide(IReadOnlyCollection<string> names)
    {
        string[] ordered = [.. names.OrderBy(Hash).ThenBy(name => name, StringComparer.Ordinal)];
        int test = (int)Math.Round(TestShare * ordered.Length, MidpointRounding.AwayFromZero);
        int validation = (int)Math.Round(ValidationShare * ordered.Length, MidpointRounding.AwayFromZero);
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
