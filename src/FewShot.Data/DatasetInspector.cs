using FewShot.Compute.Numerics;
using FewShot.Data.Images;
using FewShot.Data.Tables;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>What a data set holds.</summary>
/// <param name="Name">The name of its source.</param>
/// <param name="Description">One line that says what the data are and where they come from.</param>
/// <param name="InputShape">The shape of one example.</param>
/// <param name="Splits">What each split that exists holds.</param>
public sealed record DatasetReport(string Name, string Description, IReadOnlyList<int> InputShape, IReadOnlyList<SplitSummary> Splits)
{
    /// <summary>Groups of image files of one content, those in several splits first; looked for in the source 'images' only.</summary>
    public IReadOnlyList<IdenticalImages> Identical { get; init; } = [];
}

/// <summary>
/// Looks into data sets without asking for tasks of them, so that even data too small for the usual tasks can be looked at.
/// </summary>
public static class DatasetInspector
{
    /// <summary>Counts what each split holds.</summary>
    /// <param name="name">A name of <see cref="TaskSources.All"/>.</param>
    /// <param name="root">Where the data are, as for <see cref="TaskSources.Open"/>.</param>
    /// <param name="settings">As for <see cref="TaskSources.Open"/>.</param>
    /// <exception cref="DataException">The data are missing or damaged.</exception>
    public static DatasetReport Inspect(string name, string? root, SourceSettings? settings = null)
    {
        settings ??= new SourceSettings();
        if (TaskSources.OpenImages(name, root, settings) is { } images)
        {
            return new DatasetReport(
                images.Name,
                images.Description,
                [images.First.Height, images.First.Width, images.First.Channels],
                Existing(images.Summarize)
            )
            {
                Identical = name == "images" ? ImageFolder.IdenticalIn(root!, settings.Division) : [],
            };
        }

        if (name == "table")
        {
            Table table = Table.Read(TaskSources.RequireRoot(root, "table", "file"), TaskSources.RequireTable(settings));
            return new DatasetReport(
                name,
                $"Rows of '{table.Path}', {table.Groups.Length} tasks.",
                [table.FeatureNames.Length],
                Existing(split => table.In(split).ToArray() is { Length: > 0 } groups ? Summarize(split, groups) : null)
            );
        }

        ITaskSource source = TaskSources.Open(name, root, new TaskOptions(), settings);
        return new DatasetReport(source.Name, source.Description, source.Shape.InputShape, Existing(source.Summarize));
    }

    /// <summary>Writes a picture of some classes of a split, one row each, as a PNG file.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="name">A name of <see cref="TaskSources.All"/> that is made of images.</param>
    /// <param name="root">Where the data are, as for <see cref="TaskSources.Open"/>.</param>
    /// <param name="split">The split to show.</param>
    /// <param name="classes">How many classes to show, chosen at random by the seed; fewer where the split has fewer.</param>
    /// <param name="columns">Images of each class.</param>
    /// <param name="seed">The seed of the choice.</param>
    /// <param name="settings">As for <see cref="TaskSources.Open"/>.</param>
    /// <exception cref="DataException">The data are missing or damaged, are no images, or have no such split.</exception>
    public static void WriteContactSheet(
        string path,
        string name,
        string? root,
        Split split,
        int classes,
        int columns,
        ulong seed = 0,
        SourceSettings? settings = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ImageDataset images =
            TaskSources.OpenImages(name, root, settings ?? new SourceSettings())
            ?? throw new DataException($"The source '{name}' is not made of images; a contact sheet shows image sources only.");
        IImagePool pool = images[split] ?? throw TaskErrors.NoSplit(name, split);
        int[] chosen = new int[Math.Min(classes, pool.Count)];
        var random = new CounterRandom(seed, (uint)split, 0);
        random.Choose(pool.Count, chosen);
        File.WriteAllBytes(path, PngEncoder.Encode(ContactSheet.Of(pool, chosen, columns)));
    }

    internal static SplitSummary Summarize(Split split, IReadOnlyCollection<TableGroup> groups)
    {
        int classes = groups.SelectMany(group => group.Classes).Select(item => item.Name).Distinct().Count();
        int[] sizes =
            classes > 0
                ? [.. groups.SelectMany(group => group.Classes).Select(item => item.Rows.Length)]
                : [.. groups.Select(group => group.Features.Length)];
        return new SplitSummary(split, groups.Count, classes, groups.Sum(group => (long)group.Features.Length), sizes.Min(), sizes.Max());
    }

    private static List<SplitSummary> Existing(Func<Split, SplitSummary?> summarize) =>
        [.. Enum.GetValues<Split>().Select(summarize).OfType<SplitSummary>()];
}
