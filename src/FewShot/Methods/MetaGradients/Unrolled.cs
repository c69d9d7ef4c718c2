using System.Globalization;
using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Adaptation;
using FewShot.Models;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// The derivative of the query loss through the unrolled adaptation. Exact when all steps are (MAML: Π(I − α∇²L_S(θᵏ))·∇L_Q(θᴷ)); first
/// order when none is (FOMAML); in between, the Hessians of all but the last k steps are dropped (truncated back-propagation, Shaban 2018).
/// </summary>
/// <param name="ExactSteps">How many of the last inner steps are differentiated exactly; null for all.</param>
public sealed record Unrolled(int? ExactSteps = null) : MetaGradient
{
    /// <summary>
    /// Whether the weights of the query losses after each inner step are a program input, the multi-step loss of MAML++ (Antoniou 2019, eq.
    /// 4); else only the last loss counts.
    /// </summary>
    /// <value>False by default.</value>
    public bool MultiStepLoss { get; init; }

    /// <summary>The name of the program input that holds the weights of the multi-step loss.</summary>
    public const string StepWeights = "step_weights";

    /// <inheritdoc/>
    public override string Order =>
        ExactSteps switch
        {
            null => "exact",
            0 => "first order",
            int steps => $"truncated ({steps} exact steps)",
        };

    /// <inheritdoc/>
    public override string? Recomputable(AdaptationRule adaptation) => ExactSteps != 0 && adaptation.Steps > 1 ? "the inner steps" : null;

    /// <inheritdoc/>
    public override MetaGradientTrace Trace(
        TaskContext task,
        AdaptationRule adaptation,
        Tensor queryInputs,
        Tensor queryTargets,
        IReadOnlyList<string> trained
    )
    {
        task = task with { IsExact = step => ExactSteps is null || step >= adaptation.Steps - ExactSteps };
        IReadOnlyList<TensorMap> states = adaptation.Adapt(task);
        using IDisposable scope = task.Graph.Scope("query");
        Tensor predictions = adaptation.Predict(task, states[^1], queryInputs);
        Tensor loss = task.Loss(predictions, queryTargets);
        Tensor objective = MultiStepLoss ? Weighted(task, adaptation, states, queryInputs, queryTargets) : loss;
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(objective, [.. trained.Select(name => task.Meta[name])]);
        return new MetaGradientTrace(
            loss,
            predictions,
            new TensorMap(trained.Select((name, i) => KeyValuePair.Create(name, gradients[i])))
        );
    }

    /// <inheritdoc/>
    public override string? Incompatibility(AdaptationRule adaptation) =>
        ExactSteps is not null && adaptation.Steps == 0
            ? "first-order and truncated meta-gradients need inner steps; a closed form is always differentiated exactly"
        : ExactSteps < 0 || ExactSteps > adaptation.Steps
            ? $"{ExactSteps} exact steps of {adaptation.Steps} inner steps make no sense; give a number from 0 to {adaptation.Steps}"
        : MultiStepLoss && adaptation.Steps == 0 ? "the multi-step loss needs inner steps"
        : null;

    /// <inheritdoc/>
    /// <remarks>
    /// The smoothness of the K-step objective is bounded only for α of the order 1/(L·K) and grows exponentially in K above (Ji 2020,
    /// multi-step MAML, arXiv:2002.07836). L is of the order 1 for normalised networks; four times what the published settings use is said
    /// to be far above.
    /// </remarks>
    public override string? Warning(AdaptationRule adaptation) =>
        ExactSteps != 0
        && adaptation is GradientDescent { Regularization: null, InnerSteps: > 1 } descent
        && descent.InnerSteps * descent.Rate.Initial > FarAbove
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{descent.InnerSteps} inner steps of rate {descent.Rate.Initial} are far above a rate of about 1/steps, "
            )
                + "beyond which the meta-gradient can grow exponentially with the steps (Ji 2020, arXiv:2002.07836); "
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"if training is unstable, try a rate of {0.5 / descent.InnerSteps:0.###}, or fewer steps"
                )
            : null;

    private const double FarAbove = 2;

    private static Tensor Weighted(
        TaskContext task,
        AdaptationRule adaptation,
        IReadOnlyList<TensorMap> states,
        Tensor queryInputs,
        Tensor queryTargets
    )
    {
        Tensor weights = task.Graph.Input(StepWeights, new Shape(adaptation.Steps));
        Tensor? sum = null;
        for (int step = 0; step < adaptation.Steps; step++)
        {
            Tensor loss = task.Loss(adaptation.Predict(task, states[step + 1], queryInputs), queryTargets);
            Tensor term = weights.Slice(0, step, 1).Reshape(Shape.Scalar) * loss;
            sum = sum is null ? term : sum + term;
        }

        return sum!;
    }
}
