using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Adaptation;
using FewShot.Models;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// Moves the meta-parameters towards the adapted ones: the descent direction is φ − θᴷ (Nichol 2018, arXiv 1803.02999). No derivative of
/// the query loss is taken; it is computed to be shown.
/// </summary>
public sealed record Reptile : MetaGradient
{
    /// <inheritdoc/>
    public override string Order => "none (Reptile)";

    /// <inheritdoc/>
    public override MetaGradientTrace Trace(
        TaskContext task,
        AdaptationRule adaptation,
        Tensor queryInputs,
        Tensor queryTargets,
        IReadOnlyList<string> trained
    )
    {
        task = task with { IsExact = _ => false };
        TensorMap adapted = adaptation.Adapt(task)[^1];
        using IDisposable scope = task.Graph.Scope("query");
        Tensor predictions = adaptation.Predict(task, adapted, queryInputs);
        return new MetaGradientTrace(
            task.Loss(predictions, queryTargets),
            predictions,
            new TensorMap(
                trained.Select(name =>
                    KeyValuePair.Create(
                        name,
                        adapted.Contains(name) ? task.Meta[name] - adapted[name] : task.Graph.Fill(0, task.Meta[name].Shape)
                    )
                )
            )
        );
    }

    /// <inheritdoc/>
    public override string? Incompatibility(AdaptationRule adaptation) =>
        adaptation is GradientDescent { Rate.Scope: LearningRateScope.Fixed }
            ? null
            : "Reptile needs gradient-descent adaptation with a fixed step size";
}
