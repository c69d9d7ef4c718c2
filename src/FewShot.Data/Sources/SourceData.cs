using FewShot.Tasks;

namespace FewShot.Data.Sources;

/// <summary>The data of a source, read once: tasks of several sizes are made from them, and what they hold can be looked at.</summary>
/// <param name="tasks">Makes the tasks of a size; throws a <see cref="DataException"/> where the data are too few for them.</param>
public sealed class SourceData(Func<TaskOptions, ITaskSource> tasks)
{
    private readonly Func<TaskOptions, ITaskSource> _tasks = tasks ?? throw new ArgumentNullException(nameof(tasks));

    /// <summary>Holds the data of a source of images.</summary>
    /// <param name="images">The images of the source.</param>
    public SourceData(ImageDataset images)
        : this(options => new ImageTasks(images, options))
    {
        ArgumentNullException.ThrowIfNull(images);
        Images = images;
        Report = () =>
            new DatasetReport(
                images.Name,
                images.Description,
                [images.First.Height, images.First.Width, images.First.Channels],
                DatasetReport.Existing(images.Summarize)
            );
    }

    /// <summary>The images behind the tasks.</summary>
    /// <value>The default is null, for a source that is not made of images.</value>
    public ImageDataset? Images { get; }

    /// <summary>Says what the data hold, without asking for tasks of them, so that data too small for tasks can be looked at.</summary>
    /// <value>The default says what a source of tasks of the usual size says.</value>
    public Func<DatasetReport>? Report { get; init; }

    /// <summary>
    /// The classes of the training split, or its groups where each task is one, where a run must remember them because the data can change:
    /// they are given back as
    /// <see cref="SourceSettings.TrainedClasses"/> when it is measured.
    /// </summary>
    /// <value>The default is null, for data that do not change.</value>
    public IReadOnlyList<string>? TrainingClasses { get; init; }

    /// <summary>Names of classes or groups that were left out because a learner was trained on them.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Makes the tasks of a size.</summary>
    /// <param name="options">The size of a task.</param>
    /// <exception cref="DataException">The data are too few for the tasks.</exception>
    public ITaskSource Tasks(TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _tasks(options);
    }

    /// <summary>Counts what each split holds.</summary>
    public DatasetReport Inspect()
    {
        if (Report is not null)
        {
            return Report();
        }

        ITaskSource source = Tasks(new TaskOptions());
        return new DatasetReport(source.Name, source.Description, source.Shape.InputShape, DatasetReport.Existing(Summarize));

        // A source that cannot count what it has is shown as one without end.
        SplitSummary? Summarize(Split split) =>
            source.HasSplit(split) ? source.Summarize(split) ?? new SplitSummary(split, 0, 0, null, null, null) : null;
    }
}
