using FewShot.Adaptation;
using FewShot.Compute.Graphs;
using FewShot.Models;

namespace FewShot.MetaGradients;

/// <summary>What one task contributes to a meta-step.</summary>
/// <param name="Loss">The query loss; a scalar.</param>
/// <param name="Predictions">The answers for the queries.</param>
/// <param name="Gradients">For each trained meta-parameter the direction to descend; of the names in <see cref="TaskTrace.Meta"/>.</param>
public sealed record OuterStep(Tensor Loss, Tensor Predictions, TensorMap Gradients);

/// <summary>
/// How the query loss reaches the meta-parameters through an adaptation. One of the five choices that make a method. Immutable; what it computes is only
/// traced here.
/// </summary>
public abstract record MetaGradient
{
    /// <summary>What results say of it: <c>exact second order</c>, <c>first order</c>, ...</summary>
    public abstract string Order { get; }

    /// <summary>Traces one task's contribution.</summary>
    /// <param name="task">The task.</param>
    /// <param name="adaptation">The inner loop.</param>
    /// <param name="queryInputs">[m, ...].</param>
    /// <param name="queryTargets">[m, outputs].</param>
    /// <param name="trained">Names of the meta-parameters to derive for.</param>
    public abstract OuterStep Trace(
        TaskTrace task, AdaptationRule adaptation, Tensor queryInputs, Tensor queryTargets, IReadOnlyList<string> trained);

    /// <summary>Why it cannot be combined with an adaptation, in one line, or null.</summary>
    public virtual string? Fault(AdaptationRule adaptation) => null;

    /// <summary>Whether recomputing inner steps can lower its memory.</summary>
    public virtual bool CanCheckpoint => false;
}
