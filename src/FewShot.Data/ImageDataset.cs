using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>The image classes of each split of a data set.</summary>
public sealed class ImageDataset
{
    private readonly IImagePool?[] _pools;

    /// <summary>Puts splits together.</summary>
    /// <param name="name">The name errors call the data set by.</param>
    /// <param name="description">One line that says what the images are and where they come from.</param>
    /// <param name="train">Classes of the training split; null or none where there is no such split.</param>
    /// <param name="validation">Classes of the validation split.</param>
    /// <param name="test">Classes of the test split.</param>
    /// <exception cref="ArgumentException">No split has a class, or the image sizes differ.</exception>
    public ImageDataset(string name, string description, IImagePool? train, IImagePool? validation, IImagePool? test)
    {
        Name = name;
        Description = description;
        _pools = [NullIfEmpty(train), NullIfEmpty(validation), NullIfEmpty(test)];
        First =
            _pools.FirstOrDefault(pool => pool is not null)
            ?? throw new ArgumentException($"The data set '{name}' has no classes in any split.", nameof(train));
        if (
            _pools.Any(pool =>
                pool is not null && (pool.Height != First.Height || pool.Width != First.Width || pool.Channels != First.Channels)
            )
        )
        {
            throw new ArgumentException($"The splits of the data set '{name}' differ in image size.", nameof(train));
        }
    }

    /// <summary>The name errors call the data set by.</summary>
    public string Name { get; }

    /// <summary>One line that says what the images are and where they come from.</summary>
    public string Description { get; }

    /// <summary>How an image file becomes an example like these; null where that is not known.</summary>
    public ImagePreparation? Preparation { get; init; }

    /// <summary>
    /// Names of classes that were left out because a learner was trained on them; see <see cref="ImageFolderOptions.TrainedClasses"/>.
    /// </summary>
    /// <value>None by default.</value>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    // Why a split can be small or missing, for errors that say so; null where there is nothing to add.
    internal string? Remedy { get; init; }

    // Any split that is there; all have the same image size.
    internal IImagePool First { get; }

    /// <summary>The classes of a split, or null where there is no such split.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    public IImagePool? this[Split split] => _pools[(int)split];

    /// <summary>Counts what a split holds; null where there is no such split.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    public SplitSummary? Summarize(Split split)
    {
        if (this[split] is not { } pool)
        {
            return null;
        }

        var groups = new HashSet<string>();
        long total = 0;
        int fewest = int.MaxValue,
            most = 0;
        bool unlimited = false;
        for (int index = 0; index < pool.Count; index++)
        {
            if (pool.GroupOf(index).Length > 0)
            {
                groups.Add(pool.GroupOf(index));
            }

            int? images = pool.ImagesOf(index);
            unlimited |= images is null;
            total += images ?? 0;
            fewest = Math.Min(fewest, images ?? int.MaxValue);
            most = Math.Max(most, images ?? 0);
        }

        return unlimited
            ? new SplitSummary(split, groups.Count, pool.Count, null, null, null)
            : new SplitSummary(split, groups.Count, pool.Count, total, fewest, most);
    }

    private static IImagePool? NullIfEmpty(IImagePool? pool) => pool is { Count: > 0 } ? pool : null;
}
