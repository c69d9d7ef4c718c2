using FewShot.Compute.Graphs;
using FewShot.Storage;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// A loss of one's own, in place of the mean cross-entropy of classification and the mean squared error of regression: both the inner loop
/// and the query loss of training use it. Evaluation still reports accuracy, cross-entropy and squared error, so that figures compare.
/// Register it (<see cref="PartRegistry"/>) to save learners with it. Immutable.
/// </summary>
[PartKind]
public abstract record TaskLoss
{
    /// <summary>Traces the loss of a batch: a scalar.</summary>
    /// <param name="predictions">The learner's answers [n, outputs]; logits for classification.</param>
    /// <param name="targets">The right answers [n, outputs]; one-hot rows for classification.</param>
    public abstract Tensor Of(Tensor predictions, Tensor targets);
}
