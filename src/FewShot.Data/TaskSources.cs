using FewShot.Data.Cifar;
using FewShot.Data.Glyphs;
using FewShot.Data.Omniglot;
using FewShot.Data.Tables;
using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>The sources of tasks by name.</summary>
public static class TaskSources
{
    // Sources of images open in two steps, so that a data set can be inspected without asking for tasks of it.
    private static readonly (string Name, string Summary, Func<string?, SourceSettings, ImageDataset>? Images)[] s_known =
    [
        ("glyphs", "invented handwriting, built in (the default)", (_, _) => GlyphClasses.Dataset()),
        ("sinusoid", "sine wave regression, built in", null),
        (
            "omniglot",
            "Omniglot, split of Vinyals et al. 2016 with rotations",
            (root, settings) => OmniglotDataset.Open(root, OmniglotSplit.Vinyals, settings.CacheFolder)
        ),
        (
            "omniglot-official",
            "Omniglot, background and evaluation parts",
            (root, settings) => OmniglotDataset.Open(root, OmniglotSplit.Official, settings.CacheFolder)
        ),
        ("cifar-fs", "CIFAR-100 split by class, 64 / 16 / 20", (root, _) => CifarDataset.Open(root, CifarSplit.CifarFs)),
        ("fc100", "CIFAR-100 split by superclass, 60 / 20 / 20", (root, _) => CifarDataset.Open(root, CifarSplit.Fc100)),
        (
            "images",
            "your own images, one folder for each class",
            (root, settings) => ImageFolder.Open(RequireRoot(root, "images", "folder of images"), settings)
        ),
        ("table", "your own table (CSV), one task for each value of a column", null),
    ];

    /// <summary>The name of each source and what it is, in the order to show them.</summary>
    public static IReadOnlyList<(string Name, string Summary)> All { get; } = [.. s_known.Select(source => (source.Name, source.Summary))];

    /// <summary>Opens a source.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    /// <param name="root">
    /// Where the data are: the data folder, or for 'images' the image folder and for 'table' the file. Null looks in the usual places, see
    /// <see cref="DataFolder"/>.
    /// </param>
    /// <param name="options">The size of a task.</param>
    /// <param name="settings">What 'images' and 'table' need to know besides.</param>
    /// <exception cref="DataException">
    /// There is no such source, its data are missing or damaged, or they are too few for the tasks.
    /// </exception>
    public static ITaskSource Open(string name, string? root, TaskOptions options, SourceSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Read(name, root, settings)(options);
    }

    /// <summary>Reads the data of a source once, for tasks of several sizes: what it gives makes the tasks of a size.</summary>
    /// <param name="name">As for <see cref="Open"/>.</param>
    /// <param name="root">As for <see cref="Open"/>.</param>
    /// <param name="settings">As for <see cref="Open"/>.</param>
    /// <exception cref="DataException">
    /// There is no such source, or its data are missing or damaged. What is given throws it where they are too few for the tasks.
    /// </exception>
    public static Func<TaskOptions, ITaskSource> Read(string name, string? root, SourceSettings? settings = null)
    {
        settings ??= new SourceSettings();
        if (OpenImages(name, root, settings) is { } images)
        {
            return options => new ImageTasks(images, options);
        }

        if (name == "sinusoid")
        {
            return options => new SinusoidTasks(options);
        }

        string path = RequireRoot(root, "table", "file");
        TableOptions columns = RequireTable(settings);
        Table table = Table.Read(path, columns);
        return options => new TableTasks(table, columns, options);
    }

    /// <summary>Opens the images behind a source, or gives null for a source that is not made of images.</summary>
    internal static ImageDataset? OpenImages(string name, string? root, SourceSettings settings) => Find(name)?.Invoke(root, settings);

    internal static TableOptions RequireTable(SourceSettings settings) =>
        settings.Table
        ?? throw new DataException(
            "The source 'table' needs to know its columns; name the group column and the target column with SourceSettings.Table."
        );

    internal static string RequireRoot(string? root, string source, string what) =>
        !string.IsNullOrEmpty(root)
            ? root
            : throw new DataException($"The source '{source}' needs the {what} to read; give it as the root of the data.");

    private static Func<string?, SourceSettings, ImageDataset>? Find(string name)
    {
        int index = Array.FindIndex(s_known, source => source.Name == name);
        return index >= 0
            ? s_known[index].Images
            : throw new DataException(
                $"There is no source '{name}'.{NameSuggestion.For(name, s_known.Select(source => source.Name))} "
                    + $"The sources are {string.Join(", ", s_known.Select(source => source.Name))}."
            );
    }
}
