using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// N-way K-shot classification of images: a task draws its classes from all classes of a split, and from each class different images for
/// support and query. Every choice is equally likely; the order of the drawn classes gives the labels.
/// </summary>
public sealed class ImageTasks : ITaskSource
{
    private readonly ImageDataset _dataset;
    private readonly Split? _only;

    /// <summary>Checks that every split, or the only one asked for, can give tasks of the asked size.</summary>
    /// <param name="dataset">The images to draw tasks from.</param>
    /// <param name="options">The size of a task.</param>
    /// <exception cref="DataException">A split has fewer classes than ways, or a class fewer images than shots and queries.</exception>
    public ImageTasks(ImageDataset dataset, TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        this._dataset = dataset;
        _only = options.Only;
        foreach (Split split in Enum.GetValues<Split>())
        {
            if (PoolOf(split) is { } pool)
            {
                Check(dataset, split, pool, options);
            }
        }

        Shape = options.Classification(dataset.First.Height, dataset.First.Width, dataset.First.Channels);
    }

    /// <inheritdoc/>
    public string Name => _dataset.Name;

    /// <inheritdoc/>
    public string Description => _dataset.Description;

    /// <summary>The images that tasks are drawn from.</summary>
    public ImageDataset Dataset => _dataset;

    /// <inheritdoc/>
    public TaskShape Shape { get; }

    /// <inheritdoc/>
    public InputPreparation? Preparation => _dataset.Preparation;

    /// <inheritdoc/>
    public bool HasSplit(Split split) => PoolOf(split) is not null;

    /// <inheritdoc/>
    public SplitSummary? Summarize(Split split) => _dataset.Summarize(split);

    /// <inheritdoc/>
    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        destination.RequireShape(Shape);
        IImagePool pool = PoolOf(split) ?? throw TaskErrors.NoSplit(Name, split, _dataset.Remedy);
        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        int perClass = Shape.Shots + Shape.QueriesPerClass;
        Span<int> classes = Shape.Ways <= 256 ? stackalloc int[Shape.Ways] : new int[Shape.Ways];
        Span<int> images = perClass <= 512 ? stackalloc int[perClass] : new int[perClass];
        random.Choose(pool.Count, classes);
        for (int label = 0; label < classes.Length; label++)
        {
            int drawn = classes[label];
            destination.ClassNames![label] = pool.NameOf(drawn);
            int? count = pool.ImagesOf(drawn);
            if (count is not null)
            {
                random.Choose(count.Value, images);
            }

            for (int i = 0; i < perClass; i++)
            {
                Span<float> target =
                    i < Shape.Shots
                        ? destination.SupportInput((label * Shape.Shots) + i)
                        : destination.QueryInput((label * Shape.QueriesPerClass) + i - Shape.Shots);
                pool.Copy(drawn, count is null ? (long)(random.NextUInt64() >> 1) : images[i], target);
            }
        }

        destination.TaskName = null;
        destination.FillClassTargets();
    }

    private IImagePool? PoolOf(Split split) => _only is null || split == _only ? _dataset[split] : null;

    private static void Check(ImageDataset dataset, Split split, IImagePool pool, TaskOptions options)
    {
        if (pool.Count < options.Ways)
        {
            throw TaskErrors.TooManyWays(dataset.Name, split, pool.Count, options.Ways, dataset.Remedy);
        }

        for (int index = 0; index < pool.Count; index++)
        {
            if (pool.ImagesOf(index) is int found && found < options.ExamplesPerClass)
            {
                throw TaskErrors.TooFewExamples(dataset.Name, split, pool.NameOf(index), found, options);
            }
        }
    }
}
