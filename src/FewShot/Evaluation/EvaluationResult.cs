using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>What a learner reached on a split, with the conditions it reached it under.</summary>
/// <param name="Method">The name of the method in the catalogue.</param>
/// <param name="Order">How the method's meta-gradient was computed, such as "first order".</param>
/// <param name="Shape">The sizes of the tasks.</param>
/// <param name="NormStatistics">Where normalisation took its statistics from.</param>
/// <param name="Split">The part of the tasks that was measured on.</param>
/// <param name="Episodes">How many episodes were measured.</param>
/// <param name="Seed">The seed that the episodes were drawn by.</param>
/// <param name="Accuracy">Query accuracy in [0, 1] after adaptation; null for regression.</param>
/// <param name="Loss">Query loss after adaptation: cross-entropy in nats, or mean squared error.</param>
/// <param name="Steps">Accuracy (loss for regression) before adaptation and after each inner step; one entry for a closed form.</param>
/// <param name="AdaptMillisecondsMedian">
/// The median time to adapt to one task, in milliseconds, on <see cref="AdaptThreads"/> threads.
/// </param>
/// <param name="AdaptMillisecondsP95">The time within which 95 % of the tasks were adapted to, in milliseconds.</param>
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
    /// <value>1 by default.</value>
    public int AdaptThreads { get; init; } = 1;

    /// <summary>Bytes of the arena in which one adaptation runs; null where adaptation was not timed.</summary>
    public long? AdaptPeakBytes { get; init; }
}
