namespace FewShot.Tasks;

/// <summary>How many classes and examples one task has. Values are checked when they are set.</summary>
/// <remarks>
/// A regression task has <see cref="Shots"/> support examples and <see cref="QueriesPerClass"/> query examples; <see cref="Ways"/> does not
/// matter to it.
/// </remarks>
public sealed record TaskOptions
{
    /// <summary>Classes in one task, at least 2. The default is 5.</summary>
    public int Ways
    {
        get;
        init =>
            field =
                value >= 2
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(Ways), value, "A classification task needs at least 2 ways.");
    } = 5;

    /// <summary>Support examples of each class, at least 1. The default is 1.</summary>
    public int Shots
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Shots), value, "A task needs at least 1 shot.");
    } = 1;

    /// <summary>Query examples of each class, at least 1. The default is 15.</summary>
    public int QueriesPerClass
    {
        get;
        init =>
            field =
                value >= 1
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(QueriesPerClass),
                        value,
                        "A task needs at least 1 query a class: there is nothing to measure otherwise."
                    );
    } = 15;

    /// <summary>
    /// The only split that tasks will be drawn from: the others need not be able to give such tasks, and count as not there. Null, the
    /// default, for all.
    /// </summary>
    public Split? Only { get; init; }

    /// <summary>Examples that a class must have for one task: shots and queries never share an example.</summary>
    public int ExamplesPerClass => checked(Shots + QueriesPerClass);

    /// <summary>The shape of a classification task with these options.</summary>
    /// <param name="inputShape">The shape of one example.</param>
    public TaskShape Classification(params IReadOnlyList<int> inputShape) =>
        new(TaskKind.Classification, inputShape, Ways, checked(Ways * Shots), checked(Ways * QueriesPerClass));

    /// <summary>The shape of a regression task with these options.</summary>
    /// <param name="outputs">Real values to predict for each example.</param>
    /// <param name="inputShape">The shape of one example.</param>
    public TaskShape Regression(int outputs, params IReadOnlyList<int> inputShape) =>
        new(TaskKind.Regression, inputShape, outputs, Shots, QueriesPerClass);
}
