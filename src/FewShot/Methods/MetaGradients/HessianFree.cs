using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Models;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// MAML's meta-gradient with every Hessian-vector product replaced by a difference of gradients in the reverse recursion v ← v − α·H_k·v
/// from the last inner step to the first (HF-MAML, Fallah 2019, arXiv:1908.10400). Only the parameters of each step are kept.
/// </summary>
/// <remarks>
/// Gradients jump where a relu or a max-pooling changes its choice, and a jump divided by δ is far larger than H·v. A jump lies on one side
/// of θ only, so the shorter of (∇L_S(θ + δv) − ∇L_S(θ))/δ and (∇L_S(θ) − ∇L_S(θ − δv))/δ is the one without it. Where there are many
/// choices, as with several support examples of a class through Conv4-64, jumps can lie on both sides. A step of gradient descent that does
/// not itself diverge has α·‖H‖ ≤ 2, so a correction α·H·v longer than <see cref="LongestCorrection"/> times v is a jump: that step is then
/// passed back as first order does, v ← v, and <see cref="Warning"/> says that it may happen.
/// </remarks>
/// <param name="Delta">
/// The relative displacement δ: this part of the parameters' norm along the direction of v, 1e-6 by default. Small, so that few choices
/// change; not so small that the difference is lost in the rounding of single precision.
/// </param>
public sealed record HessianFree(double Delta = 1e-6) : MetaGradient
{
    private const string Kinks =
        "with several support examples of a class, choices of relu and max-pooling change on both sides of the parameters; steps where the "
        + "differences are jumps are then taken as first order takes them, so that the result is no nearer to "
        + "the exact meta-gradient there";

    /// <summary>A correction of a step that is longer than this many times the vector it corrects is not one, and is left out.</summary>
    internal const double LongestCorrection = 4;

    /// <inheritdoc/>
    public override string Order => "second order by differences";

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
        task = task with { IsExact = _ => false };
        IReadOnlyList<TensorMap> states = adaptation.Adapt(task);
        using IDisposable scope = task.Graph.Scope("hessian-free way back");
        Tensor predictions = adaptation.Predict(task, states[^1], queryInputs);
        Tensor loss = task.Loss(predictions, queryTargets);
        IReadOnlyList<Tensor> v = Differentiate.Gradients(loss, [.. trained.Select(name => states[^1][name])]);
        for (int step = adaptation.Steps - 1; step >= 0; step--)
        {
            TensorMap at = states[step];
            Tensor norm = LinearSolver.Dot(v, v);
            Tensor size = LinearSolver.Dot([.. trained.Select(name => at[name])], [.. trained.Select(name => at[name])]);
            // A vector of zeros has no direction to go in; any distance gives its correction, which is zero.
            Tensor isZero = 1 - norm.Greater(task.Graph.Fill(0, norm.Shape));
            Tensor delta = ((size + 1e-12) / (norm + isZero)).Sqrt() * Delta;
            IReadOnlyList<Tensor> here = Slope(at, step);
            IReadOnlyList<Tensor> up = [.. Slope(Moved(at, v, delta), step).Zip(here, (there, own) => there - own)];
            IReadOnlyList<Tensor> down = [.. Slope(Moved(at, v, -delta), step).Zip(here, (there, own) => own - there)];
            Tensor isUpLonger = LinearSolver.Dot(up, up).Greater(LinearSolver.Dot(down, down));
            IReadOnlyList<Tensor> bend = [.. up.Zip(down, (there, back) => there + (isUpLonger * (back - there)))];
            Tensor scale = task.Graph.Fill(descent.Rate.Initial, norm.Shape) / delta;
            Tensor isCorrection = (norm * (LongestCorrection * LongestCorrection)).Greater(LinearSolver.Dot(bend, bend) * scale.Square());
            v = [.. v.Zip(bend, (part, change) => part - (change * (scale * isCorrection)))];
        }

        return new MetaGradientTrace(loss, predictions, new TensorMap(trained.Select((name, i) => KeyValuePair.Create(name, v[i]))));

        TensorMap Moved(TensorMap at, IReadOnlyList<Tensor> direction, Tensor distance) =>
            at.With(trained.Select((name, i) => KeyValuePair.Create(name, at[name] + (direction[i] * distance))));

        // The gradient that an inner step descends; layers that the step does not change have none.
        IReadOnlyList<Tensor> Slope(TensorMap moved, int step)
        {
            IReadOnlyList<string> active = descent.ChangingParameters(task.Model, step);
            if (active.Count == 0)
            {
                return [.. trained.Select(name => task.Graph.Fill(0, moved[name].Shape))];
            }

            IReadOnlyList<Tensor> gradients = Differentiate.Gradients(
                descent.Objective(task, moved, active),
                [.. active.Select(name => moved[name])]
            );
            Dictionary<string, Tensor> byName = active.Zip(gradients).ToDictionary(pair => pair.First, pair => pair.Second);
            return [.. trained.Select(name => byName.GetValueOrDefault(name) ?? task.Graph.Fill(0, moved[name].Shape))];
        }
    }

    /// <inheritdoc/>
    public override string? Warning(AdaptationRule adaptation) =>
        string.Join("; ", new[] { new Unrolled().Warning(adaptation), Kinks }.OfType<string>());

    /// <inheritdoc/>
    public override string? Incompatibility(AdaptationRule adaptation) =>
        adaptation is IDescent { Rate.Scope: LearningRateScope.Fixed, Regularization: null }
        && Patterns.Pattern.All.Equals(adaptation.Changing)
            ? null
            : "the hessian-free meta-gradient is for gradient descent of all layers with a fixed step size";
}
