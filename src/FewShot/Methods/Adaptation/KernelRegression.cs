using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// Adaptation in function space, in closed form: f_task(x) = f(x) + k(x, X)·(k(X, X) + λI)⁻¹·(Y − f(X)), answers scaled by a learned factor
/// (after Park and Kang 2024, arXiv:2411.00404; the paper's body is not public, so kernel and targets here are our reconstruction). The
/// kernel is a·exp(−‖z − z′‖²/2σ²) + b·⟨J(x), J(x′)⟩ with z the embedding and J the derivative of the answers in the parameters of some
/// layers; each part is divided by its mean diagonal on the support set. Y are one-hot rows less 1/ways, or values. a, b, σ², λ are
/// learned, positive through softplus.
/// </summary>
public sealed record KernelRegression : AdaptationRule
{
    private const string RbfScale = "kernel.rbf_scale";
    private const string TangentScale = "kernel.tangent_scale";
    private const string Width = "kernel.width";
    private const string Ridge = "kernel.ridge";
    private const string Factor = "kernel.factor";
    private const string Embeddings = "kernel.embeddings";
    private const string Coefficients = "kernel.coefficients";
    private const string TangentNorm = "kernel.tangent_norm";
    private const string Direction = "kernel.direction.";

    /// <summary>
    /// The layers whose tangents enter the kernel. The head alone gives ⟨z, z′⟩ + 1 without any derivative; more layers take one backward
    /// pass over the support set for each example and output.
    /// </summary>
    /// <value><see cref="Pattern.HeadOnly"/> by default.</value>
    public Pattern Tangent { get; init; } = Pattern.HeadOnly;

    /// <inheritdoc/>
    public override Pattern? Changing => Tangent;

    /// <inheritdoc/>
    public override AdaptationRule Under(Pattern pattern) => this with { Tangent = pattern };

    /// <inheritdoc/>
    public override bool NeedsHead => true;

    private bool IsHeadOnly => Tangent.Equals(Pattern.HeadOnly);

    /// <inheritdoc/>
    public override bool HeadStartsAtZero(Model model) => Tangent.Changes(0, model.Layers.Count - 1, model.Layers.Count);

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        [
            Learned(RbfScale, 0.5),
            Learned(TangentScale, 1),
            Learned(Width, 1),
            Learned(Ridge, 0.1),
            new(Factor, Shape.Scalar, Initializer.Constant(10)),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("kernel regression");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor embeddings = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());
        Tensor answers = task.Model.Apply(state, task.SupportInputs, task.SupportNormalization());
        Tensor residual = Targets(task) - answers;
        int n = embeddings.Shape[0];
        int outputs = answers.Shape[1];
        Tensor rbf = Rbf(state, embeddings, embeddings, Distance(embeddings));
        if (IsHeadOnly)
        {
            Tensor tangent = HeadTangent(embeddings, embeddings);
            Tensor norm = tangent.Trace() / n;
            Tensor kernel = rbf + (tangent * (Positive.Of(state[TangentScale]) / norm));
            Tensor coefficients = Regularized(task, kernel, state).SolvePositiveDefinite(residual);
            return
            [
                state.With([
                    Entry(Embeddings, embeddings),
                    Entry(Coefficients, coefficients),
                    Entry(TangentNorm, norm),
                    Entry(Width + ".squared", Distance(embeddings)),
                ]),
            ];
        }

        // With tangents of more layers the outputs are coupled: one system over examples and outputs, an example's outputs side by side.
        string[] names = EmpiricalTangents.Moving(task.Model, Tangent);
        Tensor[] parameters = [.. names.Select(name => state[name])];
        Tensor jacobian = EmpiricalTangents.Rows(answers, parameters);
        Tensor gram = jacobian.MatrixMultiply(jacobian, transposeB: true);
        Tensor gramNorm = gram.Trace() / (n * outputs);
        Tensor tangentScale = Positive.Of(state[TangentScale]) / gramNorm;
        Tensor full = (gram * tangentScale) + rbf.RepeatOverOutputs(outputs);
        Tensor solved = Regularized(task, full, state).SolvePositiveDefinite(residual.Reshape(n * outputs, 1));
        return
        [
            state.With([
                Entry(Embeddings, embeddings),
                Entry(Coefficients, solved.Reshape(n, outputs)),
                Entry(Width + ".squared", Distance(embeddings)),
                .. EmpiricalTangents.Direction(Direction, task, state, answers, solved.Reshape(n, outputs) * tangentScale, names),
            ]),
        ];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries)
    {
        NormalizationSource normalization = task.QueryNormalization(state);
        Tensor embeddings = task.Model.Embed(state, queries, normalization);
        Tensor answers = task.Model.Apply(state, queries, normalization);
        Tensor cross = Rbf(state, embeddings, state[Embeddings], state[Width + ".squared"]);
        Tensor moved;
        if (IsHeadOnly)
        {
            cross += HeadTangent(embeddings, state[Embeddings]) * (Positive.Of(state[TangentScale]) / state[TangentNorm]);
            moved = answers + cross.MatrixMultiply(state[Coefficients]);
        }
        else
        {
            moved =
                answers
                + cross.MatrixMultiply(state[Coefficients])
                + EmpiricalTangents.Along(Direction, task.Model, state, answers, EmpiricalTangents.Moving(task.Model, Tangent));
        }

        return task.Kind == TaskKind.Classification ? moved * state[Factor] : moved;
    }

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        model.Outputs != shape.Outputs
            ? $"the model's head has {model.Outputs} outputs, the tasks {shape.Outputs}"
            : Tangent.Incompatibility(1, model.Layers.Count);

    private static ParameterSpecification Learned(string name, double initial) =>
        new(name, Shape.Scalar, Initializer.Constant(Positive.Inverse(initial)));

    private static KeyValuePair<string, Tensor> Entry(string name, Tensor tensor) => KeyValuePair.Create(name, tensor);

    private static Tensor Targets(TaskContext task) =>
        task.Kind == TaskKind.Classification ? task.SupportTargets - (1.0 / task.SupportTargets.Shape[1]) : task.SupportTargets;

    private static Tensor HeadTangent(Tensor a, Tensor b) => a.MatrixMultiply(b, transposeB: true) + 1;

    /// <summary>
    /// Mean squared distance between support embeddings: the unit of the width, so that it means the same at any scale of embedding.
    /// </summary>
    private static Tensor Distance(Tensor embeddings) => embeddings.SquaredDistances(embeddings).Mean() + 1e-6;

    private static Tensor Rbf(TensorMap state, Tensor a, Tensor b, Tensor unit) =>
        (a.SquaredDistances(b) * -0.5 / (Positive.Of(state[Width]) * unit)).Exp() * Positive.Of(state[RbfScale]);

    private static Tensor Regularized(TaskContext task, Tensor kernel, TensorMap state) =>
        kernel + (task.Graph.Identity(kernel.Shape[0]) * (Positive.Of(state[Ridge]) + 1e-4));
}
