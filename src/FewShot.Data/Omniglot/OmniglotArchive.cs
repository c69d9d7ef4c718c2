using System.IO.Compression;
using FewShot.Data.Images;
using FewShot.Tasks;

namespace FewShot.Data.Omniglot;

// Decodes one part of Omniglot from its zip file or extracted folder: part/alphabet/character/drawing.png.
internal static class OmniglotArchive
{
    public const int Side = 28;
    private const int OriginalSide = 105;

    // A drawing has some 250 bytes, and a part of Omniglot 19,280 drawings.
    private const int LongestDrawing = 1 << 16,
        MostDrawings = 100_000;

    // The file type in the mode that a zip file keeps for Unix, and the types that are no regular file: link, device, pipe, socket.
    private const int TypeMask = 0xF000,
        RegularFile = 0x8000;

    public static IReadOnlyList<ImageClass> Read(string path)
    {
        List<(string Name, byte[] File)> files = Directory.Exists(path) ? ReadFolder(path) : ReadZip(path);
        if (files.Count == 0)
        {
            throw new DataException(
                $"'{path}' has no images below alphabet and character folders; get it with 'fewshot data get omniglot'."
            );
        }

        // Sorted by name, so that the numbers of classes and drawings do not depend on how the archive was packed.
        IGrouping<string, (string Name, byte[] File)>[] characters =
        [
            .. files.OrderBy(file => file.Name, StringComparer.Ordinal).GroupBy(file => file.Name[..file.Name.LastIndexOf('/')]),
        ];
        var classes = new ImageClass[characters.Length];
        try
        {
            Parallel.For(0, classes.Length, i => classes[i] = Decode(path, characters[i].Key, [.. characters[i]]));
        }
        catch (AggregateException error)
        {
            throw error.InnerExceptions[0] is DataException data
                ? data
                : new DataException($"'{path}' cannot be read: {error.InnerExceptions[0].Message}", error);
        }

        return classes;
    }

    private static ImageClass Decode(string path, string character, List<(string Name, byte[] File)> files)
    {
        byte[] pixels = new byte[files.Count * Side * Side];
        for (int i = 0; i < files.Count; i++)
        {
            string name = $"{path}/{files[i].Name}";
            RasterImage image = ImageDecoder.Decode(files[i].File, name).WithChannels(1);
            if (image.Height != OriginalSide || image.Width != OriginalSide)
            {
                throw new DataException(
                    $"The image '{name}' has {image.Width}×{image.Height} pixels, but drawings of Omniglot have "
                        + $"{OriginalSide}×{OriginalSide}; "
                        + "get the original with 'fewshot data get omniglot'."
                );
            }

            byte[] small = image.Resize(Side, Side).Pixels;
            for (int j = 0; j < small.Length; j++)
            {
                // Stored as black on white; a model should see ink as 1 on 0.
                pixels[(i * small.Length) + j] = (byte)(255 - small[j]);
            }
        }

        return new ImageClass(character, character[..character.IndexOf('/')], pixels);
    }

    private static List<(string Name, byte[] File)> ReadZip(string path)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            var files = new List<(string, byte[])>();
            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                if (CharacterPath(entry.FullName) is { } name)
                {
                    int type = (entry.ExternalAttributes >> 16) & TypeMask;
                    if (type is not (0 or RegularFile) || files.Count == MostDrawings)
                    {
                        throw new InvalidDataException(
                            files.Count == MostDrawings
                                ? $"it has more than {MostDrawings} drawings"
                                : $"its entry '{entry.FullName}' is a link or device and no file"
                        );
                    }

                    files.Add((name, ReadEntry(entry)));
                }
            }

            return files;
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new DataException(
                $"The archive '{path}' is damaged or incomplete ({error.Message}); delete it and get it again with 'fewshot data get "
                    + "omniglot'.",
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The archive '{path}' cannot be read: {error.Message}", error);
        }
    }

    // As the bytes come: the length that an archive declares may be a lie.
    private static byte[] ReadEntry(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        byte[] buffer = new byte[LongestDrawing + 1];
        int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= LongestDrawing
            ? buffer[..length]
            : throw new InvalidDataException(
                $"its entry '{entry.FullName}' has more than {LongestDrawing} bytes, and drawings some hundred"
            );
    }

    private static List<(string Name, byte[] File)> ReadFolder(string path) =>
        [
            .. ClassFolders
                .FilesOf(path)
                .Select(file => (Name: CharacterPath(Path.GetRelativePath(path, file).Replace('\\', '/')), Path: file))
                .Where(file => file.Name is not null)
                .Select(file => (file.Name!, ImageDecoder.ReadFile(file.Path))),
        ];

    // The last three parts of a drawing's path, or null for anything else, such as the resource forks that some archives carry.
    private static string? CharacterPath(string path)
    {
        string[] parts = path.Split('/');
        return
            parts.Length >= 3
            && parts[^1].EndsWith(".png", StringComparison.OrdinalIgnoreCase)
            && !parts[^1].StartsWith('.')
            && parts[0] != "__MACOSX"
            ? string.Join('/', parts[^3..])
            : null;
    }
}
