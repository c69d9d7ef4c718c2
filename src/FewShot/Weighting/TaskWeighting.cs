namespace FewShot.Weighting;

/// <summary>
/// How the tasks of a meta-batch are combined: a weight for each, constant in the update. One of the five choices that make a method. Immutable.
/// </summary>
public abstract record TaskWeighting
{
    /// <summary>What results say of it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the weights depend on neither gradients nor losses, so that no more than a few gradients need be kept at a time.</summary>
    public virtual bool IsKnownBefore => false;

    /// <summary>Computes the weights; they need not sum to one, and Σ w·g is the meta-gradient.</summary>
    /// <param name="gradients">One gradient a task, all of one length, one after another.</param>
    /// <param name="losses">One query loss a task.</param>
    /// <param name="weights">One weight a task; written.</param>
    public abstract void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights);

    /// <summary>Every task the same: 1/B.</summary>
    public static TaskWeighting Uniform { get; } = new UniformWeighting();

    private sealed record UniformWeighting : TaskWeighting
    {
        public override string Name => "uniform";

        public override bool IsKnownBefore => true;

        public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights) => weights.Fill(1f / weights.Length);
    }
}
