namespace FewShot.Tasks;

/// <summary>The sizes of one task. Every task of a source has the same shape, so a program can be planned once for all of them.</summary>
public sealed record TaskShape
{
    /// <summary>Creates a shape.</summary>
    /// <param name="kind">What the task asks for.</param>
    /// <param name="inputShape">The shape of one example: [height, width, channels] for images, [features] for tables.</param>
    /// <param name="outputs">Ways of a classification task, or values to predict of a regression task.</param>
    /// <param name="supportCount">Support examples of the whole task; a multiple of the ways for classification.</param>
    /// <param name="queryCount">Query examples of the whole task; a multiple of the ways for classification.</param>
    /// <exception cref="ArgumentException">A size is below 1, or a count is no multiple of the ways.</exception>
    public TaskShape(TaskKind kind, IReadOnlyList<int> inputShape, int outputs, int supportCount, int queryCount)
    {
        ArgumentNullException.ThrowIfNull(inputShape);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(supportCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(queryCount, 1);
        if (inputShape.Count == 0 || inputShape.Any(size => size < 1))
        {
            throw new ArgumentException(
                $"The input shape [{string.Join(", ", inputShape)}] must have at least one axis, each of size 1 or more.",
                nameof(inputShape)
            );
        }

        if (kind == TaskKind.Classification && (supportCount % outputs != 0 || queryCount % outputs != 0))
        {
            throw new ArgumentException(
                $"A {outputs}-way task needs equally many examples of each class, not {supportCount} support and {queryCount} query "
                    + "examples.",
                nameof(supportCount)
            );
        }

        Kind = kind;
        InputShape = [.. inputShape];
        InputSize = InputShape.Aggregate(1, (product, size) => checked(product * size));
        Outputs = outputs;
        SupportCount = supportCount;
        QueryCount = queryCount;
    }

    /// <summary>What the task asks for.</summary>
    public TaskKind Kind { get; }

    /// <summary>The shape of one example: [height, width, channels] for images, [features] for tables.</summary>
    public IReadOnlyList<int> InputShape { get; }

    /// <summary>Numbers in one example: the product of <see cref="InputShape"/>.</summary>
    public int InputSize { get; }

    /// <summary>Ways of a classification task, or values to predict of a regression task.</summary>
    public int Outputs { get; }

    /// <summary>Support examples of the whole task.</summary>
    public int SupportCount { get; }

    /// <summary>Query examples of the whole task.</summary>
    public int QueryCount { get; }

    /// <summary>Classes of the task; 1 for regression.</summary>
    public int Ways => Kind == TaskKind.Classification ? Outputs : 1;

    /// <summary>Support examples of each class; all support examples for regression.</summary>
    public int Shots => SupportCount / Ways;

    /// <summary>Query examples of each class; all query examples for regression.</summary>
    public int QueriesPerClass => QueryCount / Ways;

    /// <summary>Whether all sizes agree.</summary>
    /// <param name="other">The shape to compare with.</param>
    /// <returns>True where kind, shape and counts are equal.</returns>
    public bool Equals(TaskShape? other) =>
        other is not null
        && Kind == other.Kind
        && Outputs == other.Outputs
        && SupportCount == other.SupportCount
        && QueryCount == other.QueryCount
        && InputShape.SequenceEqual(other.InputShape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, InputSize, InputShape.Count, Outputs, SupportCount, QueryCount);

    /// <summary>The shape in the field's words, for example "5-way 1-shot, 15 queries a class, inputs 28×28×1".</summary>
    public override string ToString()
    {
        string inputs = string.Join("×", InputShape);
        return Kind == TaskKind.Classification
            ? $"{Ways}-way {Shots}-shot, {QueriesPerClass} queries a class, inputs {inputs}"
            : $"{Shots}-shot regression, {QueryCount} queries, inputs {inputs}, outputs {Outputs}";
    }
}
