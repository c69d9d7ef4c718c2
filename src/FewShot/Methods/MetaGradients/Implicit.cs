using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Models;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// The derivative of the query loss by the implicit function theorem at the adapted parameters: no inner step is kept, so memory does not
/// grow with their number. The layers the pattern changes are the lower level, all other meta-parameters the upper; the regularisation
/// makes the lower level strongly convex. With all layers and a proximal term it is iMAML (Rajeswaran 2019); with the head and a squared
/// norm, memory-reduced meta-learning (Yang 2025, arXiv:2412.12030) and AID-BiO (Ji 2020).
/// </summary>
/// <param name="Solver">How the linear system with the Hessian is solved.</param>
public sealed record Implicit(LinearSolver Solver) : MetaGradient
{
    private const string Lower = "y:";
    private const string Dual = "v:";

    /// <summary>
    /// Whether each task goes on from the lower solution y and the solution v of the linear system that it had when it was last visited.
    /// For tasks that recur (the deterministic setting of Yang 2025): then a few steps and iterations are enough, and the hypergradient
    /// becomes exact as training settles.
    /// </summary>
    public bool WarmStart { get; init; }

    /// <inheritdoc/>
    public override string Order => $"implicit, {Solver.Name}{(WarmStart ? ", warm start" : "")}";

    /// <inheritdoc/>
    public override string? Recomputable(AdaptationRule adaptation) => "the support pass";

    /// <inheritdoc/>
    public override bool KeepsTaskState => WarmStart;

    /// <inheritdoc/>
    public override MetaGradientTrace Trace(
        TaskContext task,
        AdaptationRule adaptation,
        Tensor queryInputs,
        Tensor queryTargets,
        IReadOnlyList<string> trained
    )
    {
        var descent = (IDescent)adaptation;
        IReadOnlyList<string> changing = IDescent.AllChanging(descent, task.Model, adaptation.Steps);
        if (descent.Regularization is LowerRegularization.SquaredNorm && trained.All(changing.Contains))
        {
            throw new ArgumentException(
                $"pattern {adaptation.Changing} puts every layer into the lower level, and the squared norm that regularises it does not "
                    + "depend on the meta-parameters: "
                    + "the implicit meta-gradient is zero; leave a layer out of the pattern, or take a proximal regularisation, as "
                    + "imaml has it"
            );
        }

        TensorMap lower = WarmStart ? Remembered(Lower) : new TensorMap();
        TensorMap dual = WarmStart ? Remembered(Dual) : new TensorMap();
        task = task with { IsExact = _ => false, Start = lower };
        TensorMap adapted = adaptation.Adapt(task with { SegmentSteps = 0 })[^1];
        using IDisposable scope = task.Graph.Scope("hypergradient");
        Tensor? predictions = null;
        BilevelTrace trace = BilevelGradient.Trace(
            (x, y) =>
            {
                (TaskContext inner, TensorMap parameters) = At(x, y);
                predictions = adaptation.Predict(inner, inner.WithStatistics(parameters), queryInputs);
                return inner.Loss(predictions, queryTargets);
            },
            (x, y) =>
            {
                (TaskContext inner, TensorMap parameters) = At(x, y);
                return descent.Objective(inner, parameters, changing);
            },
            [.. trained.Select(name => task.Meta[name])],
            [.. changing.Select(name => adapted[name])],
            Solver,
            WarmStart ? [.. dual.Tensors] : null,
            recompute: task.Checkpointed
        );
        return new MetaGradientTrace(
            trace.Upper,
            predictions!,
            new TensorMap(trained.Select((name, i) => KeyValuePair.Create(name, trace.Gradients[i])))
        )
        {
            Solver = trace.Solution,
            TaskState = !WarmStart
                ? new TensorMap()
                : new TensorMap([
                    .. changing.Select(name => KeyValuePair.Create(Lower + name, adapted[name])),
                    .. changing.Select((name, i) => KeyValuePair.Create(Dual + name, trace.Solution.Values[i])),
                ]),
        };

        TensorMap Remembered(string part) =>
            new(
                changing.Select(name =>
                    KeyValuePair.Create(name, task.Graph.Input(MetaGradientTrace.StatePrefix + part + name, task.Meta[name].Shape))
                )
            );

        (TaskContext Task, TensorMap Parameters) At(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
        {
            TaskContext inner = task with { Meta = task.Meta.With(trained.Select((name, i) => KeyValuePair.Create(name, x[i]))) };
            return (inner, GradientDescent.Trained(inner).With(changing.Select((name, i) => KeyValuePair.Create(name, y[i]))));
        }
    }

    /// <inheritdoc/>
    public override string? FirstState(string name) => name.StartsWith(Lower, StringComparison.Ordinal) ? name[Lower.Length..] : null;

    /// <inheritdoc/>
    public override string? Incompatibility(AdaptationRule adaptation) =>
        adaptation switch
        {
            IDescent { Rate.Scope: not LearningRateScope.Fixed } =>
                "an implicit meta-gradient does not depend on the path, so it cannot learn step sizes; use a fixed rate",
            IDescent { Regularization: not null } => null,
            IDescent => "an implicit meta-gradient needs a regularised inner problem, or its Hessian may be singular",
            _ => "an implicit meta-gradient needs gradient-descent adaptation; a closed form is differentiated exactly",
        };
}
