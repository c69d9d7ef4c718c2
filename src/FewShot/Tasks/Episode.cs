namespace FewShot.Tasks;

/// <summary>
/// The examples of one task: support to adapt on, query to measure by. Its arrays are made once and filled again and again by
/// <see cref="ITaskSource.Sample"/>, which overwrites all of them. Not safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// var episode = new Episode(tasks.Shape);
/// tasks.Sample(Split.Test, seed: 1, index: 0, episode);
/// using AdaptedModel model = learner.Adapt(episode.SupportInputs, episode.SupportLabels);
/// int right = model.Classify(episode.QueryInputs).Zip(episode.QueryLabels).Count(pair => pair.First == pair.Second);
/// </code>
/// </example>
public sealed class Episode
{
    /// <summary>Creates an episode of zeros.</summary>
    /// <param name="shape">The sizes of the task.</param>
    public Episode(TaskShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Shape = shape;
        SupportInputs = new float[checked(shape.SupportCount * shape.InputSize)];
        QueryInputs = new float[checked(shape.QueryCount * shape.InputSize)];
        SupportTargets = new float[checked(shape.SupportCount * shape.Outputs)];
        QueryTargets = new float[checked(shape.QueryCount * shape.Outputs)];
        bool classification = shape.Kind == TaskKind.Classification;
        SupportLabels = classification ? new int[shape.SupportCount] : [];
        QueryLabels = classification ? new int[shape.QueryCount] : [];
        ClassNames = classification ? new string[shape.Ways] : null;
        ClassNames?.AsSpan().Fill("");
    }

    /// <summary>The sizes of the task.</summary>
    public TaskShape Shape { get; }

    /// <summary>
    /// Support inputs, row-major [support count, input shape]; images are height, width, channel. For classification ordered class by
    /// class.
    /// </summary>
    public float[] SupportInputs { get; }

    /// <summary>Support targets, row-major [support count, outputs]: one-hot rows for classification, values for regression.</summary>
    public float[] SupportTargets { get; }

    /// <summary>Query inputs, laid out like <see cref="SupportInputs"/>.</summary>
    public float[] QueryInputs { get; }

    /// <summary>Query targets, laid out like <see cref="SupportTargets"/>.</summary>
    public float[] QueryTargets { get; }

    /// <summary>The class of each support example, from 0 to ways - 1; empty for regression.</summary>
    public int[] SupportLabels { get; }

    /// <summary>The class of each query example, from 0 to ways - 1; empty for regression.</summary>
    public int[] QueryLabels { get; }

    /// <summary>The name of each class of the task, by label; null for regression.</summary>
    public string[]? ClassNames { get; }

    /// <summary>The name of the task where the source has one (a group of a table), otherwise null.</summary>
    public string? TaskName { get; set; }

    /// <summary>The inputs of one support example.</summary>
    /// <param name="example">The example, from 0.</param>
    public Span<float> SupportInput(int example) => SupportInputs.AsSpan(example * Shape.InputSize, Shape.InputSize);

    /// <summary>The inputs of one query example.</summary>
    /// <param name="example">The example, from 0.</param>
    public Span<float> QueryInput(int example) => QueryInputs.AsSpan(example * Shape.InputSize, Shape.InputSize);

    /// <summary>
    /// Fills the labels and one-hot targets of a classification episode whose inputs are ordered class by class: what a source does last,
    /// after inputs and <see cref="ClassNames"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The episode is of a regression, whose targets only its source knows.</exception>
    public void FillClassTargets()
    {
        if (Shape.Kind != TaskKind.Classification)
        {
            throw new ArgumentException("an episode of a regression has no classes; fill its targets");
        }

        Fill(SupportLabels, SupportTargets, Shape.Shots, Shape.Ways);
        Fill(QueryLabels, QueryTargets, Shape.QueriesPerClass, Shape.Ways);

        static void Fill(int[] labels, float[] targets, int examplesPerClass, int ways)
        {
            Array.Clear(targets);
            for (int example = 0; example < labels.Length; example++)
            {
                int label = example / examplesPerClass;
                labels[example] = label;
                targets[(example * ways) + label] = 1f;
            }
        }
    }

    /// <summary>Throws unless this episode has the shape that a source fills: what a source does first.</summary>
    /// <param name="expected">The shape of the source.</param>
    /// <exception cref="ArgumentException">The episode has another shape.</exception>
    public void RequireShape(TaskShape expected)
    {
        if (!ReferenceEquals(Shape, expected) && Shape != expected)
        {
            throw new ArgumentException(
                $"The episode is made for {Shape}, but the source gives {expected}. Create it with new Episode(source.Shape).",
                "destination"
            );
        }
    }
}
