using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// Gradient flow in function space for a time t, in closed form: f_t(x) = f(x) + H(x, X)·H⁻¹(e^{−tH} − I)·(f(X) − Y), with H the empirical
/// tangent kernel of the support set (Meta-RKHS-II, Zhou 2021, arXiv:2102.03909, eq. 5). Time is that of the summed loss ½Σ(f − Y)²: for
/// the mean over n examples and outputs, Σ(f − Y)²/n, the same flow takes n/2 times as long. Y are one-hot rows less 1/ways, or values.
/// Trained through, by the spectral function (1 − e^{−tλ})/λ of H.
/// </summary>
/// <remarks>
/// Among equal examples H has the eigenvalue zero: where their targets differ, their coefficients are the difference divided by the ridge
/// (times t before the limit), and cancel in every answer. What is left of them in float32 is the rounding of a thousand times the answer
/// (t times the diagonal of H before the limit): answers are then right to about 1e-4 where
/// the support set is normalised by its own statistics and to 3e-4 under running ones, whatever else is computed in double.
/// </remarks>
/// <param name="Time">
/// The time t of the flow; infinity, the limit of the flow, is kernel regression with a ridge of a thousandth of the mean diagonal of H.
/// </param>
public sealed record TangentFlow(double Time) : AdaptationRule
{
    private const string Factor = "flow.factor";
    private const string Direction = "flow.direction.";

    /// <summary>
    /// The layers whose parameters move. Each support example and output of more layers than the head takes a backward pass.
    /// </summary>
    /// <value><see cref="Pattern.HeadOnly"/> by default.</value>
    public Pattern Layers { get; init; } = Pattern.HeadOnly;

    /// <inheritdoc/>
    public override Pattern? Changing => Layers;

    /// <inheritdoc/>
    public override AdaptationRule Under(Pattern pattern) => this with { Layers = pattern };

    /// <inheritdoc/>
    public override bool NeedsHead => true;

    /// <inheritdoc/>
    public override bool HeadStartsAtZero(Model model) => Layers.Changes(0, model.Layers.Count - 1, model.Layers.Count);

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        [new(Factor, Shape.Scalar, Initializer.Constant(10))];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("tangent flow");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor answers = task.Model.Apply(state, task.SupportInputs, task.SupportNormalization());
        Tensor targets = task.Kind == TaskKind.Classification ? task.SupportTargets - (1.0 / answers.Shape[1]) : task.SupportTargets;
        string[] names = EmpiricalTangents.Moving(task.Model, Layers);
        Tensor[] parameters = [.. names.Select(name => state[name])];
        Tensor coefficients;
        if (Layers.Equals(Pattern.HeadOnly))
        {
            // The head's kernel is the same for every output: one small system instead of one over examples and outputs.
            Tensor embeddings = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());
            Tensor kernel = embeddings.MatrixMultiply(embeddings, transposeB: true) + 1;
            coefficients = Flow(kernel).MatrixMultiply(targets - answers);
        }
        else
        {
            Tensor jacobian = EmpiricalTangents.Rows(answers, parameters);
            Tensor kernel = jacobian.MatrixMultiply(jacobian, transposeB: true);
            coefficients = Flow(kernel).MatrixMultiply((targets - answers).Reshape(-1, 1)).Reshape(answers.Shape);
        }

        // H(x, X)·c is the Jacobian at x applied to the direction Jᵀc: keeping that direction is all that queries need.
        return [state.With(EmpiricalTangents.Direction(Direction, task, state, answers, coefficients, names))];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries)
    {
        Tensor answers = task.Model.Apply(state, queries, task.QueryNormalization(state));
        Tensor result =
            answers + EmpiricalTangents.Along(Direction, task.Model, state, answers, EmpiricalTangents.Moving(task.Model, Layers));
        return task.Kind == TaskKind.Classification ? result * state[Factor] : result;
    }

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        model.Outputs != shape.Outputs
            ? $"the model's head has {model.Outputs} outputs, the tasks {shape.Outputs}"
            : Layers.Incompatibility(1, model.Layers.Count);

    private Tensor Flow(Tensor kernel)
    {
        if (double.IsPositiveInfinity(Time))
        {
            // Coinciding examples make the kernel singular; a small part of its mean diagonal keeps the limit defined. It stands well above
            // the rounding of float32, which the inverse would otherwise magnify into the second digit of the meta-gradient.
            Tensor ridge = kernel.Trace() * (1e-3 / kernel.Shape[0]);
            kernel += kernel.Graph.Identity(kernel.Shape[0]) * ridge;
        }

        return kernel.SpectralFunction(MatrixFunction.ExponentialIntegral(Time));
    }
}
