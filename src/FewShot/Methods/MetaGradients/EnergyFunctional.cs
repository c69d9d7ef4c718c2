using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Adaptation;
using FewShot.Models;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// Meta-training without adaptation: the derivative of L_Q − α⟨∇L_S, ∇L_Q⟩ at the meta-parameters, whose second term is what one step of
/// adaptation would gain to first order (Meta-RKHS-I, Zhou 2021, arXiv:2102.03909). The two gradients come from two batches, so that their
/// noise is independent and the product unbiased; the squared norm of one gradient counts its noise as gain. Ordinary fine-tuning adapts at
/// test time.
/// </summary>
/// <param name="Alpha">The step size α of the one step of adaptation that the energy counts with.</param>
public sealed record EnergyFunctional(double Alpha) : MetaGradient
{
    /// <summary>Whether the second term is ‖∇L_Q‖² of the query batch alone, as first published, instead of ⟨∇L_S, ∇L_Q⟩.</summary>
    public bool OneBatch { get; init; }

    /// <inheritdoc/>
    public override string Order => OneBatch ? "exact (energy functional, one batch)" : "exact (energy functional)";

    /// <inheritdoc/>
    public override MetaGradientTrace Trace(
        TaskContext task,
        AdaptationRule adaptation,
        Tensor queryInputs,
        Tensor queryTargets,
        IReadOnlyList<string> trained
    )
    {
        TensorMap start = task.WithStatistics(GradientDescent.Trained(task));
        using IDisposable scope = task.Graph.Scope("energy");
        Tensor predictions = adaptation.Predict(task, start, queryInputs);
        Tensor query = task.Loss(predictions, queryTargets);
        Tensor support = OneBatch
            ? query
            : task.Loss(task.Model.Apply(start, task.SupportInputs, task.SupportNormalization()), task.SupportTargets);
        Tensor[] parameters = [.. trained.Select(name => task.Meta[name])];
        Tensor gain = LinearSolver.Dot(Differentiate.Gradients(support, parameters), Differentiate.Gradients(query, parameters));
        Tensor energy = query - (gain * Alpha);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(energy, parameters);
        return new MetaGradientTrace(
            query,
            predictions,
            new TensorMap(trained.Select((name, i) => KeyValuePair.Create(name, gradients[i])))
        );
    }

    /// <inheritdoc/>
    public override string? Incompatibility(AdaptationRule adaptation) =>
        adaptation is GradientDescent { Rate.Scope: LearningRateScope.Fixed }
            ? null
            : "the energy functional stands for fine-tuning by gradient descent with a fixed step size";
}
