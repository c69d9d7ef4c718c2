using FewShot.Data.Images;
using FewShot.Data.Naming;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// A user's own images: one folder for each class, either directly in the root or in folders train (or training), validation (val, valid,
/// dev, development) and test (or testing) below it, in any letter case, "set" after them or not. Without those each class is put into a
/// split by its name, see
/// <see cref="ClassDivision"/>. Images are resized to a square by area averaging, and channels normalised by mean and standard deviation of
/// the training split.
/// </summary>
/// <remarks>
/// Hidden files and folders are passed over. Folders whose names differ only in how Unicode composes them are one class. Links to folders
/// are followed for classes and refused below them.
/// </remarks>
/// <example>
/// <code>
/// ImageDataset pictures = ImageFolder.Open("my-classes", new ImageFolderOptions { Size = 28, Gray = true });
/// var tasks = new ImageTasks(pictures, new TaskOptions { Shots = 1, QueriesPerClass = 5 });
/// var definition = new LearnerDefinition(Methods.ProtoNet(), Networks.Conv4(tasks.Shape));
/// using TrainingResult result = await Trainer.TrainAsync(definition, tasks);
/// </code>
/// </example>
public static class ImageFolder
{
    /// <summary>Reads every image of the folder.</summary>
    /// <param name="root">The path of the folder.</param>
    /// <param name="options">How to read it; null for all of the defaults.</param>
    /// <returns>The classes of each split.</returns>
    /// <exception cref="DataException">
    /// The folder is missing or has no classes, or an image is damaged or of an unsupported format.
    /// </exception>
    public static ImageDataset Open(string root, ImageFolderOptions? options = null)
    {
        options ??= new ImageFolderOptions();
        (int side, int channels) = (options.Size, options.Gray ? 1 : 3);
        (IReadOnlyList<SplitClass> found, bool named) = Find(root, options.Division);
        var trained = options.TrainedClasses.Select(CanonicalName.Of).ToHashSet();
        SplitClass[] leftOut = [.. found.Where(item => item.Split != Split.Train && trained.Contains(CanonicalName.Of(item.Class.Name)))];
        SplitClass[] kept = [.. found.Except(leftOut)];
        if (kept.Length == 0)
        {
            throw new DataException($"Every class of '{root}' is one that the learner was trained on; add classes that it has not seen.");
        }

        var classes = new ImageClass[kept.Length];
        try
        {
            Parallel.For(0, classes.Length, i => classes[i] = Read(kept[i].Class, side, channels));
        }
        catch (AggregateException error)
        {
            Exception first = error.InnerExceptions[0];
            throw first is DataException ? first : new DataException($"The images in '{root}' cannot be read: {first.Message}", first);
        }

        List<ImageClass>[] parts =
        [
            [],
            [],
            [],
        ];
        for (int i = 0; i < classes.Length; i++)
        {
            parts[(int)kept[i].Split].Add(classes[i]);
        }

        ChannelNormalization normalization =
            options.Normalization ?? ChannelNormalization.Of(parts[0].Count > 0 ? parts[0] : classes, channels);
        ImageClasses[] pools = [.. parts.Select(part => new ImageClasses(side, side, channels, part, normalization))];
        return new ImageDataset(
            "images",
            $"Images of '{Path.GetFullPath(root)}', {side}×{side} {(channels == 1 ? "gray" : "colour")}.",
            pools[0],
            pools[1],
            pools[2]
        )
        {
            Preparation = new ImagePreparation(side, side, channels, Invert: false, normalization),
            LeftOut = [.. leftOut.Select(item => item.Class.Name)],
            Remedy =
                leftOut.Length > 0 ? $"{leftOut.Length} of its classes are left out because the learner was trained on them"
                : named ? null
                : "each class has its split by its name, whatever the sizes; to divide them yourself put them below folders train, "
                    + "validation and test",
        };
    }

    /// <summary>The classes of a folder that has one folder of images for each; nothing is decoded.</summary>
    /// <param name="folder">The path of the folder.</param>
    /// <returns>The classes in the order of their names; none where there are no folders.</returns>
    /// <exception cref="DataException">The folder is missing, a class has no images, or something in it cannot be followed.</exception>
    public static IReadOnlyList<ImageClassFiles> ClassesIn(string folder) =>
        Directory.Exists(folder)
            ? ClassFolders.ClassesIn(folder, ClassDivision.ByHash)
            : throw new DataException(
                $"The folder '{folder}' does not "
                    + $"exist{(IsNotUtf8(folder) ? " under that name, which is not UTF-8; rename it" : "; check the path")}."
            );

    /// <summary>Groups of files of one content, wherever in the folder they are.</summary>
    internal static IReadOnlyList<IdenticalImages> IdenticalIn(string root, ClassDivision division) =>
        IdenticalImages.Among([
            .. Find(root, division)
                .Classes.SelectMany(item => item.Class.Files.Select(file => new PlacedImage(file, item.Class.Name, item.Split))),
        ]);

    private static (IReadOnlyList<SplitClass> Classes, bool Named) Find(string root, ClassDivision division)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        root = Path.GetFullPath(root);
        if (!Directory.Exists(root))
        {
            throw new DataException(
                $"The image folder '{root}' does not exist{(IsNotUtf8(root) ? " under that name, which is not UTF-8; rename it" : "")}; "
                    + "name a folder that has one folder of images for each class."
            );
        }

        string[] names = ClassFolders.In(root);

        // A class may be called train, too: only a folder of folders is a split.
        string[] splits =
        [
            .. names.Where(name => NameSplit.Given(name) is not null && ClassFolders.In(Path.Combine(root, name)).Length > 0),
        ];
        IReadOnlyList<SplitClass> found = splits.Length > 0 ? Named(root, names, splits, division) : Divided(root, division);
        return found.Count > 0
            ? (found, splits.Length > 0)
            : throw new DataException($"The image folder '{root}' has no class folders; give it one folder of images for each class.");
    }

    private static List<SplitClass> Named(string root, string[] names, string[] splits, ClassDivision division)
    {
        if (names.FirstOrDefault(name => NameSplit.Given(name) is null) is { } stray)
        {
            throw new DataException(
                $"The image folder '{root}' has both split folders and the folder '{stray}'; move its classes below train, validation "
                    + "or test."
            );
        }

        if (splits.GroupBy(name => NameSplit.Given(name)!.Value).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new DataException(
                $"The image folder '{root}' has two folders for the {TaskErrors.NameOf(twice.Key)} split, "
                    + $"'{twice.First()}' and '{twice.Last()}'; put their classes into one."
            );
        }

        var found = new List<SplitClass>();
        var splitOf = new Dictionary<string, Split>();
        foreach (string folder in splits)
        {
            Split split = NameSplit.Given(folder)!.Value;
            foreach (ImageClassFiles item in ClassFolders.ClassesIn(Path.Combine(root, folder), division))
            {
                if (!splitOf.TryAdd(ClassFolders.KeyOf(item.Name, division), split))
                {
                    throw new DataException(
                        $"The class '{item.Name}' of '{root}' is in two splits; few-shot tasks are measured on classes never seen in "
                            + "training, so keep it in one."
                    );
                }

                found.Add(new SplitClass(split, item));
            }
        }

        return found;
    }

    private static List<SplitClass> Divided(string root, ClassDivision division)
    {
        IReadOnlyList<ImageClassFiles> classes = ClassFolders.ClassesIn(root, division);
        Func<string, Split> splitOf = NameSplit.Divide([.. classes.Select(item => item.Name)], division);
        return [.. classes.Select(item => new SplitClass(splitOf(item.Name), item))];
    }

    private static bool IsNotUtf8(string path) => path.Contains('\uFFFD', StringComparison.Ordinal);

    private static ImageClass Read(ImageClassFiles item, int side, int channels)
    {
        int size = side * side * channels;
        byte[] pixels = new byte[checked(item.Files.Count * size)];
        for (int i = 0; i < item.Files.Count; i++)
        {
            ImageDecoder.Read(item.Files[i]).WithChannels(channels).Resize(side, side).Pixels.CopyTo(pixels, i * size);
        }

        return new ImageClass(item.Name, "", pixels);
    }

    private sealed record SplitClass(Split Split, ImageClassFiles Class);
}
