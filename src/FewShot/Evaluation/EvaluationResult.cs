using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>What a learner reached on a split, with the conditions it reached it under.</summary>
/// <param name="Method">Catalogue row.</param>
/// <param name="Order">How its meta-gradient was computed.</param>
/// <param name="Shape">The tasks.</param>
/// <param name="NormStatistics">Where normalisation took its statistics from.</param>
/// <param name="Split">The split.</param>
/// <param name="Episodes">Number of episodes.</param>
/// <param name="Seed">Of the episodes.</param>
/// <param name="Accuracy">Query accuracy in [0, 1] after adaptation; null for regression.</param>
/// <param name="Loss">Query loss after adaptation: cross-entropy in nats, or mean squared error.</param>
/// <param name="Steps">Accuracy (loss for regression) before adaptation and after each inner step; one entry for a closed form.</param>
/// <param name="AdaptMillisecondsMedian">Median time to adapt to one task, on <see cref="AdaptThreads"/> threads.</param>
/// <param name="AdaptMillisecondsP95">95th percentile of it.</param>
public sealed record EvaluationResult(
    string Method,
    string Order,
    TaskShape Shape,
    NormStatistics NormStatistics,
    Split Split,
    int Episodes,
    ulong Seed,
    Interval? Accuracy,
    Interval Loss,
    IReadOnlyList<Interval> Steps,
    double AdaptMillisecondsMedian,
    double AdaptMillisecondsP95
)
{
    /// <summary>
    /// Accuracy (loss for regression) before adaptation; null for a closed form, which has no answer without a support set.
    /// </summary>
    public Interval? Before => Steps.Count > 1 ? Steps[0] : null;

    /// <summary>The most threads of one timed adaptation.</summary>
    public int AdaptThreads { get; init; } = 1;

    /// <summary>Bytes of the arena in which one adaptation runs; null where adaptation was not timed.</summary>
    public long? AdaptPeakBytes { get; init; }
}
