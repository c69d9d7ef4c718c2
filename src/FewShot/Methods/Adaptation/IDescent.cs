using FewShot.Compute.Graphs;
using FewShot.Models;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// An adaptation that descends an objective of the support set, from the meta-parameters, with one step size. What an implicit or a
/// Hessian-free meta-gradient needs to know of an inner loop; an adaptation of one's own that implements it is combined with them as
/// <see cref="GradientDescent"/> is.
/// </summary>
public interface IDescent
{
    /// <summary>The inner step size α.</summary>
    LearningRate Rate { get; }

    /// <summary>What is added to the support loss; null for nothing.</summary>
    LowerRegularization? Regularization { get; }

    /// <summary>Traces what the steps descend, a scalar.</summary>
    /// <param name="task">The task that is adapted to.</param>
    /// <param name="parameters">Where it is taken: all trained parameters of the model.</param>
    /// <param name="changing">Names of the parameters that the steps change.</param>
    Tensor Objective(TaskContext task, TensorMap parameters, IReadOnlyList<string> changing);

    /// <summary>Names of the parameters that change at a step.</summary>
    /// <param name="model">The model whose layers change.</param>
    /// <param name="step">The step, from 0.</param>
    IReadOnlyList<string> ChangingParameters(Model model, int step);

    /// <summary>Names of the parameters that change at some step.</summary>
    internal static IReadOnlyList<string> AllChanging(IDescent descent, Model model, int steps) =>
        [.. Enumerable.Range(0, steps).SelectMany(step => descent.ChangingParameters(model, step)).Distinct()];
}
