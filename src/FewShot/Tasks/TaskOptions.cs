namespace FewShot.Tasks;

/// <summary>How many classes and examples one task has. Values are checked when they are set.</summary>
/// <remarks>
/// A regression task has <see cref="Shots"/> support examples and <see cref="QueriesPerClass"/> query examples; <see cref="Ways"/> does not
/// matter to it.
/// </remarks>
public sealed record TaskOptions
{
    /// <summary>The classes in one task, at least 2.</summary>
    /// <value>5 classes by default.</value>
    public int Ways
    {
        get;
        init =>
            field =
                value >= 2
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(Ways), value, "A classification task needs at least 2 ways.");
    } = 5;

    /// <summary>The support examples of each class, at least 1.</summary>
    /// <value>1 example by default.</value>
    public int Shots
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Shots), value, "A task needs at least 1 shot.");
    } = 1;

    /// <summary>The query examples of each class, at least 1.</summary>
    /// <value>15 examples by default.</value>
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
    /// The only split that tasks will be drawn from: the others need not be able to give such tasks, and count as not there.
    /// </summary>
    /// <value>Null by default, for all splits.</value>
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
