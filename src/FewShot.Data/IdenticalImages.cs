using System.Security.Cryptography;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>An image file and where it belongs.</summary>
/// <param name="File">The path of the file.</param>
/// <param name="ClassName">The name of the class that the file is in.</param>
/// <param name="Split">The split of the class.</param>
public sealed record PlacedImage(string File, string ClassName, Split Split);

/// <summary>
/// Image files of one content. In two splits they make a measurement look better than it is; in two classes they make a task that cannot be
/// solved; in one class the same image can be support and query.
/// </summary>
/// <param name="Images">The files, at least two, in the order of their paths.</param>
public sealed record IdenticalImages(IReadOnlyList<PlacedImage> Images)
{
    /// <summary>Whether the files are in more than one class, and perhaps in more than one split.</summary>
    public bool AcrossClasses => Images.Any(image => image.ClassName != Images[0].ClassName);

    /// <summary>Whether the files are in more than one split.</summary>
    public bool AcrossSplits => Images.Any(image => image.Split != Images[0].Split);

    // Only files of one length are read.
    internal static IReadOnlyList<IdenticalImages> Among(IReadOnlyList<PlacedImage> images) =>
        [
            .. images
                .GroupBy(image => new FileInfo(image.File).Length)
                .Where(SeveralIn)
                .SelectMany(same => same.GroupBy(image => HashOf(image.File)).Where(SeveralIn))
                .Select(same => new IdenticalImages([.. same.OrderBy(image => image.File, StringComparer.Ordinal)]))
                .OrderByDescending(same => (same.AcrossSplits, same.AcrossClasses))
                .ThenBy(same => same.Images[0].File, StringComparer.Ordinal),
        ];

    private static bool SeveralIn(IEnumerable<PlacedImage> images) => images.Skip(1).Any();

    private static string HashOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
