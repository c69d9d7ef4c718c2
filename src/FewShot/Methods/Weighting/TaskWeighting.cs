using FewShot.Storage;

namespace FewShot.Methods.Weighting;

/// <summary>
/// How the tasks of a meta-batch are combined: a weight for each, constant in the update. One of the five choices that make a method.
/// Immutable.
/// </summary>
[PartKind]
public abstract record TaskWeighting
{
    /// <summary>The name by which results call it.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Whether the weights depend on neither gradients nor losses, so that no more than a few gradients need be kept at a time.
    /// </summary>
    public virtual bool IsKnownBefore => false;

    /// <summary>Computes the weights; they need not sum to one, and Σ w·g is the meta-gradient.</summary>
    /// <param name="gradients">One gradient a task, all of one length, one after another.</param>
    /// <param name="losses">One query loss a task.</param>
    /// <param name="weights">One weight a task; written.</param>
    public abstract void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights);

    /// <summary>The weighting that counts every task the same: 1/B.</summary>
    public static TaskWeighting Uniform { get; } = new UniformWeighting();

    /// <summary>The weighting of a name, with its own values.</summary>
    /// <param name="kind">Which weighting is meant.</param>
    public static TaskWeighting Of(TaskWeightingKind kind) =>
        kind switch
        {
            TaskWeightingKind.Agreement => new GradientAgreement(),
            TaskWeightingKind.Similarity => new SimilaritySoftmax(),
            TaskWeightingKind.Loss => new LossSoftmax(),
            _ => Uniform,
        };

    /// <summary>Gives this weighting another temperature or floor.</summary>
    /// <param name="temperature">The temperature; null keeps the value.</param>
    /// <param name="floor">The least weight in units of the uniform one; null keeps the value.</param>
    /// <exception cref="ArgumentException">The weighting has no such value.</exception>
    public TaskWeighting With(double? temperature, double? floor) =>
        (this, temperature, floor) switch
        {
            (_, null, null) => this,
            (SimilaritySoftmax softmax, { } value, null) => softmax with { Temperature = value },
            (LossSoftmax softmax, { } value, null) => softmax with { Temperature = value },
            (GradientAgreement agreement, null, { } value) => agreement with { Floor = value },
            _ => throw new ArgumentException(
                $"{Name} task weighting has no "
                    + $"{(temperature is not null && this is GradientAgreement or UniformWeighting ? "temperature" : "floor")}; "
                    + "a temperature is for similarity and loss, a floor for agreement"
            ),
        };
}

/// <summary>All tasks count alike.</summary>
internal sealed record UniformWeighting : TaskWeighting
{
    public override string Name => "uniform";

    public override bool IsKnownBefore => true;

    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights) =>
        weights.Fill(1f / weights.Length);
}
