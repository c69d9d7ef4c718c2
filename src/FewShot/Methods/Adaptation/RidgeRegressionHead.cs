using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// A linear head solved in closed form on the support set's embeddings: W = Xᵀ(XXᵀ + λI)⁻¹Y, by Woodbury's identity where that is the
/// smaller system (R2-D2, Bertinetto 2018, arXiv 1805.08136, eq. 4–7). X has a column of ones; X and Y are divided by √n. Logits are a·XW +
/// b with learned a and b.
/// </summary>
/// <param name="InitialRegularization">The first value of λ, 1 by default; it is learned, and positive through softplus.</param>
/// <param name="InitialScale">The first value of a, 10 by default.</param>
public sealed record RidgeRegressionHead(double InitialRegularization = 1, double InitialScale = 10) : AdaptationRule
{
    private const string Regularization = "ridge.regularization";
    private const string Scale = "ridge.scale";
    private const string Shift = "ridge.shift";
    private const string Weight = "ridge.weight";

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        [
            new(Regularization, Shape.Scalar, Initializer.Constant(Positive.Inverse(InitialRegularization))),
            new(Scale, Shape.Scalar, Initializer.Constant(InitialScale)),
            new(Shift, Shape.Scalar, Initializer.Constant(0)),
        ];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("ridge regression");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor x = WithOnes(task.Model.Embed(state, task.SupportInputs, task.SupportNormalization()));
        int n = x.Shape[0];
        double scale = 1 / Math.Sqrt(n);
        x *= scale;
        Tensor y = task.SupportTargets * scale;
        Tensor regularization = Positive.Of(task.Meta[Regularization]);
        Tensor weight;
        if (n <= x.Shape[1])
        {
            Tensor gram = x.MatrixMultiply(x, transposeB: true) + (task.Graph.Identity(n) * regularization);
            weight = x.MatrixMultiply(gram.SolvePositiveDefinite(y), transposeA: true);
        }
        else
        {
            Tensor gram = x.MatrixMultiply(x, transposeA: true) + (task.Graph.Identity(x.Shape[1]) * regularization);
            weight = gram.SolvePositiveDefinite(x.MatrixMultiply(y, transposeA: true));
        }

        return [state.With([KeyValuePair.Create(Weight, weight)])];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries)
    {
        Tensor x = WithOnes(task.Model.Embed(state, queries, task.QueryNormalization(state)));
        Tensor values = x.MatrixMultiply(state[Weight]);
        return task.Kind == TaskKind.Classification ? (values * state[Scale]) + state[Shift] : values;
    }

    internal static Tensor WithOnes(Tensor embedding) =>
        TensorOperations.Concatenate(1, embedding, embedding.Graph.Fill(1, new Shape(embedding.Shape[0], 1)));
}
