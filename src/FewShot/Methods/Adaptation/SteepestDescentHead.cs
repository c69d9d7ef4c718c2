using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// A linear head that starts from the class means and takes a few steepest-descent steps with exact line search on a learned least-squares
/// objective (FIML, Tripathi 2020; the residual is our reconstruction): ½Σ r² + (λ/2)‖W‖² with r = v·(m·s + (1 − m)·max(s, 0) − t), where
/// v, m, t are learned, one set for the example's own class and one for the others. The step is α = ‖g‖²/(‖Jg‖² + λ‖g‖²) with J the
/// derivative of the residuals, exact where they are linear. Trained through all steps.
/// </summary>
/// <param name="InnerSteps">How many steps of descent are made; 5 by default.</param>
public sealed record SteepestDescentHead(int InnerSteps = 5) : AdaptationRule
{
    private const string Weight = "descent.weight";
    private const string Scale = "descent.scale";
    private const string Ridge = "descent.ridge";

    /// <inheritdoc/>
    public override int Steps => InnerSteps;

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        [
            Scalar("descent.own_weight", 1),
            Scalar("descent.own_slope", 1),
            Scalar("descent.own_target", 1),
            Scalar("descent.other_weight", 0.5),
            Scalar("descent.other_slope", 0.5),
            Scalar("descent.other_target", 0),
            Scalar(Scale, 10),
            Scalar(Ridge, Positive.Inverse(0.1)),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor x = Features(task.Model.Embed(state, task.SupportInputs, task.SupportNormalization()));
        Tensor means = task.SupportTargets.MatrixMultiply(x, transposeA: true) / task.SupportTargets.Sum(0).Reshape(-1, 1);
        Tensor weight = means.Transpose().AsVariable();
        Tensor ridge = Positive.Of(state[Ridge]);
        var states = new List<TensorMap> { With(weight) };
        for (int step = 0; step < InnerSteps; step++)
        {
            using IDisposable scope = task.Graph.Scope($"steepest descent {step + 1}");
            Tensor residual = Residual(task, state, x.MatrixMultiply(weight));
            Tensor gradient = Differentiate.VectorJacobianProduct([residual], [residual], [weight])[0] + (weight * ridge);
            Tensor curved = Differentiate.JacobianVectorProduct([residual], [weight], [gradient])[0];
            Tensor length = gradient.Square().Sum();
            weight -= gradient * (length / (curved.Square().Sum() + (length * ridge) + 1e-12));
            states.Add(With(weight));
        }

        return states;

        TensorMap With(Tensor value) => state.With([KeyValuePair.Create(Weight, value)]);
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries) =>
        Features(task.Model.Embed(state, queries, task.QueryNormalization(state))).MatrixMultiply(state[Weight]) * state[Scale];

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "steepest-descent heads start from class means; for regression use r2d2";

    private static ParameterSpecification Scalar(string name, double initial) => new(name, Shape.Scalar, Initializer.Constant(initial));

    /// <summary>Embeddings of unit mean square, so that one learned objective serves any network.</summary>
    private static Tensor Features(Tensor embedding) => embedding * (embedding.Square().Sum(1).Reshape(-1, 1) + 1e-6).ReciprocalSqrt();

    private static Tensor Residual(TaskContext task, TensorMap state, Tensor scores)
    {
        Tensor own = Part("own");
        Tensor other = Part("other");
        return (task.SupportTargets * own) + ((1 - task.SupportTargets) * other);

        Tensor Part(string kind)
        {
            Tensor slope = state[$"descent.{kind}_slope"];
            return ((scores * slope) + (scores.Relu() * (1 - slope)) - state[$"descent.{kind}_target"]) * state[$"descent.{kind}_weight"];
        }
    }
}
