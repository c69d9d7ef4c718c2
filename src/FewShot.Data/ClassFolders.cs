using FewShot.Data.Images;
using FewShot.Data.Naming;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>A class and its image files.</summary>
/// <param name="Name">The name of the class: that of its folder.</param>
/// <param name="Files">Paths of its images, in the order of their names.</param>
public sealed record ImageClassFiles(string Name, IReadOnlyList<string> Files);

/// <summary>
/// Walks folders of images. What is hidden is passed over, at any depth; a link to a folder is followed where it stands for a class, and
/// refused below one, where it could lead back.
/// </summary>
internal static class ClassFolders
{
    private static readonly EnumerationOptions s_everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>The folders below a folder, in the order of their names.</summary>
    public static string[] In(string folder) => [.. Entries(folder).OfType<DirectoryInfo>().Select(Followed).Select(entry => entry.Name)];

    /// <summary>The classes of a folder, one for each folder below it; folders whose names Unicode holds equal are one class.</summary>
    public static IReadOnlyList<ImageClassFiles> ClassesIn(string folder, ClassDivision division) =>
        [
            .. In(folder)
                .GroupBy(name => KeyOf(name, division))
                .OrderBy(names => names.Key, StringComparer.Ordinal)
                .Select(names => new ImageClassFiles(names.First(), [.. names.SelectMany(name => FilesOf(Path.Combine(folder, name)))])),
        ];

    /// <summary>
    /// What a class is known by. Runs of before were trained on every spelling as a class of its own, and are measured so.
    /// </summary>
    public static string KeyOf(string name, ClassDivision division) => division == ClassDivision.ByRank ? name : CanonicalName.Of(name);

    /// <summary>The image files of a folder and of the folders below it, at least one.</summary>
    public static string[] FilesOf(string folder)
    {
        var files = new List<string>();
        Collect(folder, files);
        files.Sort(StringComparer.Ordinal);
        return files.Count > 0
            ? [.. files]
            : throw new DataException(
                $"The class folder '{folder}' has no images (JPEG, PNG, WebP, GIF, BMP, PBM, PGM, PPM); add some or remove the folder."
            );
    }

    private static void Collect(string folder, List<string> files)
    {
        foreach (FileSystemInfo entry in Entries(folder))
        {
            if (entry is DirectoryInfo)
            {
                if (entry.LinkTarget is { } target)
                {
                    throw new DataException(
                        $"The link '{entry.FullName}' below a class leads to the folder '{target}', which could lead back; put the "
                            + "folder there itself or remove the link."
                    );
                }

                Collect(entry.FullName, files);
            }
            else if (ImageDecoder.Extensions.Contains(entry.Extension))
            {
                files.Add(entry.FullName);
            }
        }
    }

    private static DirectoryInfo Followed(DirectoryInfo folder)
    {
        if (
            folder.LinkTarget is not null
            && folder.ResolveLinkTarget(returnFinalTarget: true) is { } target
            && (folder.FullName + Path.DirectorySeparatorChar).StartsWith(
                target.FullName.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar,
                StringComparison.Ordinal
            )
        )
        {
            throw new DataException(
                $"The link '{folder.FullName}' leads back to '{target.FullName}', a folder that it lies in; remove it."
            );
        }

        return folder;
    }

    // In the order of the names, which the file system does not promise.
    private static IEnumerable<FileSystemInfo> Entries(string folder)
    {
        foreach (
            FileSystemInfo entry in new DirectoryInfo(folder)
                .EnumerateFileSystemInfos("*", s_everything)
                .OrderBy(entry => entry.Name, StringComparer.Ordinal)
        )
        {
            // A byte that is no UTF-8 is shown as U+FFFD, and under that name there is nothing, not even attributes.
            if (entry.Name.Contains('\uFFFD', StringComparison.Ordinal) && !Path.Exists(entry.FullName))
            {
                throw new DataException(
                    $"The folder '{folder}' has the entry '{entry.Name}', whose name is not UTF-8, so that it cannot be opened; rename it."
                );
            }

            if (!entry.Name.StartsWith('.') && entry.Name != "__MACOSX" && !entry.Attributes.HasFlag(FileAttributes.Hidden))
            {
                yield return entry;
            }
        }
    }
}
