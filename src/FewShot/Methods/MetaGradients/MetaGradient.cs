using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Methods.MetaGradients;

/// <summary>What one task contributes to a meta-step.</summary>
/// <param name="Loss">The query loss of the task; a scalar.</param>
/// <param name="Predictions">The answers for the queries.</param>
/// <param name="Gradients">
/// For each trained meta-parameter the direction to descend; of the names in <see cref="TaskContext.Meta"/>.
/// </param>
public sealed record MetaGradientTrace(Tensor Loss, Tensor Predictions, TensorMap Gradients)
{
    /// <summary>The prefix of the names of the program's inputs and outputs that hold what is kept of a task until it recurs.</summary>
    public const string StatePrefix = "task:";

    /// <summary>The linear system that was solved for the gradients; null where there was none.</summary>
    public LinearSolution? Solver { get; init; }

    /// <summary>
    /// What is kept of the task until it recurs, by name; the program has an input of the same shape for each, named after the prefix.
    /// </summary>
    /// <value>Empty by default.</value>
    public TensorMap TaskState { get; init; } = new();
}

/// <summary>
/// How the query loss reaches the meta-parameters through an adaptation. One of the five choices that make a method. Immutable; what it
/// computes is only traced here.
/// </summary>
[PartKind]
public abstract record MetaGradient
{
    /// <summary>The name by which results call it, such as <c>exact second order</c> or <c>first order</c>.</summary>
    public abstract string Order { get; }

    /// <summary>Traces one task's contribution.</summary>
    /// <param name="task">The task with the model and its meta-parameters.</param>
    /// <param name="adaptation">The inner loop of the method.</param>
    /// <param name="queryInputs">The query examples [m, ...].</param>
    /// <param name="queryTargets">The targets of the queries [m, outputs].</param>
    /// <param name="trained">Names of the meta-parameters to derive for.</param>
    public abstract MetaGradientTrace Trace(
        TaskContext task,
        AdaptationRule adaptation,
        Tensor queryInputs,
        Tensor queryTargets,
        IReadOnlyList<string> trained
    );

    /// <summary>Why the meta-gradient cannot be combined with an adaptation, in one line, or null.</summary>
    public virtual string? Incompatibility(AdaptationRule adaptation) => null;

    /// <summary>What is likely to go wrong in a combination that is allowed, in one line, or null.</summary>
    public virtual string? Warning(AdaptationRule adaptation) => null;

    /// <summary>
    /// What can be recomputed instead of kept to lower the memory of the meta-gradient, as a user would call it, or null for nothing.
    /// </summary>
    public virtual string? Recomputable(AdaptationRule adaptation) => null;

    /// <summary>Whether something is kept of each task from one visit to the next, which makes sense only where tasks recur.</summary>
    public virtual bool KeepsTaskState => false;

    /// <summary>The meta-parameter whose value a task's state has at the first visit, or null where it is zero.</summary>
    /// <param name="name">A name in <see cref="MetaGradientTrace.TaskState"/>.</param>
    public virtual string? FirstState(string name) => null;
}
