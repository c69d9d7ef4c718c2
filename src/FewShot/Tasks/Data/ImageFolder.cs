namespace FewShot.Tasks.Data;

/// <summary>
/// A user's own images: one folder for each class, either directly in the root or in folders train, validation (or val) and test below it. Without those the classes are
/// divided 64 / 16 / 20 by their names. Images are resized to a square by area averaging, and channels normalised by mean and standard deviation of the training split.
/// </summary>
public static class ImageFolder
{
    private static readonly string[] SplitFolders = ["train", "validation", "val", "test"];

    /// <summary>Reads every image of the folder.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="imageSize">Rows and columns to resize to.</param>
    /// <param name="channels">1 for gray, 3 for colour.</param>
    /// <exception cref="DataException">The folder is missing or has no classes, or an image is damaged or of an unsupported format.</exception>
    public static ImageDataset Open(string root, int imageSize, int channels)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "Images are read as 1 channel (gray) or 3 (colour).");
        }

        root = Path.GetFullPath(root);
        if (!Directory.Exists(root))
        {
            throw new DataException($"The image folder '{root}' does not exist; name a folder that has one folder of images for each class.");
        }

        List<(Split Split, string Class, string[] Files)> found = FindClasses(root);
        var classes = new ImageClass[found.Count];
        try
        {
            Parallel.For(0, classes.Length, i => classes[i] = Read(found[i].Class, found[i].Files, imageSize, channels));
        }
        catch (AggregateException error)
        {
            Exception first = error.InnerExceptions[0];
            throw first is DataException ? first : new DataException($"The images in '{root}' cannot be read: {first.Message}", first);
        }

        List<ImageClass>[] parts = [[], [], []];
        for (int i = 0; i < classes.Length; i++)
        {
            parts[(int)found[i].Split].Add(classes[i]);
        }

        ChannelNormalization normalization = ChannelNormalization.Of(parts[0].Count > 0 ? parts[0] : classes, channels);
        ImageClasses[] pools = [.. parts.Select(part => new ImageClasses(imageSize, imageSize, channels, part, normalization))];
        return new ImageDataset(
            "images", $"Images of '{root}', {imageSize}×{imageSize} {(channels == 1 ? "gray" : "colour")}.", pools[0], pools[1], pools[2])
        {
            Preparation = new ImagePreparation(imageSize, imageSize, channels, Invert: false, normalization),
        };
    }

    private static List<(Split Split, string Class, string[] Files)> FindClasses(string root)
    {
        string[] names = FoldersOf(root);
        var found = new List<(Split, string, string[])>();
        if (names.Any(SplitFolders.Contains))
        {
            if (names.FirstOrDefault(name => !SplitFolders.Contains(name)) is { } stray)
            {
                throw new DataException($"The image folder '{root}' has both split folders and the folder '{stray}'; move its classes below train, validation or test.");
            }

            var splitOf = new Dictionary<string, Split>();
            foreach (string folder in names)
            {
                Split split = folder switch { "train" => Split.Train, "test" => Split.Test, _ => Split.Validation };
                foreach (string name in FoldersOf(Path.Combine(root, folder)))
                {
                    if (!splitOf.TryAdd(name, split) && splitOf[name] != split)
                    {
                        throw new DataException($"The class '{name}' of '{root}' is in two splits; few-shot tasks are measured on classes never seen in training, so keep it in one.");
                    }

                    found.Add((split, name, FilesOf(Path.Combine(root, folder, name))));
                }
            }
        }
        else
        {
            Dictionary<string, Split> splitOf = NameSplit.Divide(names);
            found.AddRange(names.Select(name => (splitOf[name], name, FilesOf(Path.Combine(root, name)))));
        }

        return found.Count > 0 ? found : throw new DataException($"The image folder '{root}' has no class folders; give it one folder of images for each class.");
    }

    private static string[] FoldersOf(string folder) =>
        [.. Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];

    internal static string[] FilesOf(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];
        files = Array.FindAll(files, path => ImageDecoder.Extensions.Contains(Path.GetExtension(path)));
        return files.Length > 0 ? files : throw new DataException($"The class folder '{folder}' has no images (JPEG, PNG, WebP, GIF, BMP, PBM, PGM, PPM); add some or remove the folder.");
    }

    private static ImageClass Read(string name, string[] files, int side, int channels)
    {
        int size = side * side * channels;
        var pixels = new byte[checked(files.Length * size)];
        for (int i = 0; i < files.Length; i++)
        {
            RasterImage image = ImageDecoder.Read(files[i]);
            image.WithChannels(channels).Resize(side, side).Pixels.CopyTo(pixels, i * size);
        }

        return new ImageClass(name, "", pixels);
    }
}
