using FewShot.Adaptation;
using FewShot.Compute.Graphs;
using FewShot.Models;

namespace FewShot.MetaGradients;

/// <summary>
/// The derivative of the query loss by the implicit function theorem at the adapted parameters: no inner step is kept, so memory does not grow with their
/// number. The layers the pattern changes are the lower level, all other meta-parameters the upper; the regularisation makes the lower level
/// strongly convex. With all layers and a proximal term it is iMAML (Rajeswaran 2019); with the head and a squared norm, memory-reduced
/// meta-learning (Yang 2025, arXiv:2412.12030) and AID-BiO (Ji 2020).
/// </summary>
/// <param name="Solver">How the Hessian is inverted.</param>
public sealed record Implicit(LinearSolver Solver) : MetaGradient
{
    /// <inheritdoc/>
    public override string Order => $"implicit, {Solver.Name}";

    /// <inheritdoc/>
    public override OuterStep Trace(
        TaskTrace task, AdaptationRule adaptation, Tensor queryInputs, Tensor queryTargets, IReadOnlyList<string> trained)
    {
        var descent = (GradientDescent)adaptation;
        task = task with { IsExact = _ => false };
        TensorMap adapted = descent.Adapt(task)[^1];
        using IDisposable scope = task.Graph.Scope("hypergradient");
        IReadOnlyList<string> changing = descent.Changing(task);
        Tensor? predictions = null;
        (Tensor loss, IReadOnlyList<Tensor> gradients) = BilevelGradient.Trace(
            (x, y) =>
            {
                (TaskTrace inner, TensorMap parameters) = At(x, y);
                predictions = descent.Predict(inner, inner.WithStatistics(parameters), queryInputs);
                return inner.Loss(predictions, queryTargets);
            },
            (x, y) =>
            {
                (TaskTrace inner, TensorMap parameters) = At(x, y);
                return descent.Objective(inner, parameters, changing);
            },
            [.. trained.Select(name => task.Meta[name])],
            [.. changing.Select(name => adapted[name])],
            Solver);
        return new OuterStep(loss, predictions!, new TensorMap(trained.Select((name, i) => KeyValuePair.Create(name, gradients[i]))));

        (TaskTrace Task, TensorMap Parameters) At(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
        {
            TaskTrace inner = task with { Meta = task.Meta.With(trained.Select((name, i) => KeyValuePair.Create(name, x[i]))) };
            return (inner, GradientDescent.Trained(inner).With(changing.Select((name, i) => KeyValuePair.Create(name, y[i]))));
        }
    }

    /// <inheritdoc/>
    public override string? Fault(AdaptationRule adaptation) => adaptation switch
    {
        GradientDescent { Rate.Scope: not LearningRateScope.Fixed } =>
            "an implicit meta-gradient does not depend on the path, so it cannot learn step sizes; use a fixed rate",
        GradientDescent { Regularization: not null } => null,
        GradientDescent => "an implicit meta-gradient needs a regularised inner problem, or its Hessian may be singular",
        _ => "an implicit meta-gradient needs gradient-descent adaptation; a closed form is differentiated exactly",
    };
}
