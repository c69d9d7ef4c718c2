using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// One logistic regression a class against the rest, on the support set's embeddings, solved by iteratively reweighted least squares from w
/// = 0: μ = σ(Xw), s = μ(1 − μ), z = Xw + (y − μ)/s, w = Xᵀ(XXᵀ + λ·diag(1/s))⁻¹z (LR-D2, Bertinetto 2018, arXiv:1805.08136, section 3.3).
/// X has a column of ones; λ is learned, as is the scale of the answers.
/// </summary>
/// <param name="Iterations">How many Newton steps are made, all differentiated through; 5 by default.</param>
public sealed record LogisticRegressionHead(int Iterations = 5) : AdaptationRule
{
    private const string Regularization = "logistic.regularization";
    private const string Scale = "logistic.scale";
    private const string Weight = "logistic.weight";

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        [new(Regularization, Shape.Scalar, Initializer.Constant(Positive.Inverse(1))), new(Scale, Shape.Scalar, Initializer.Constant(5))];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("logistic regression");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor x = RidgeRegressionHead.WithOnes(task.Model.Embed(state, task.SupportInputs, task.SupportNormalization()));
        Tensor gram = x.MatrixMultiply(x, transposeB: true);
        Tensor regularization = Positive.Of(task.Meta[Regularization]) + 1e-4;
        Tensor identity = task.Graph.Identity(x.Shape[0]);
        var weights = new Tensor[task.SupportTargets.Shape[1]];
        for (int c = 0; c < weights.Length; c++)
        {
            Tensor y = task.SupportTargets.Slice(1, c, 1);
            Tensor activation = task.Graph.Fill(0, y.Shape);
            Tensor coefficients = activation;
            for (int i = 0; i < Iterations; i++)
            {
                Tensor mean = activation.Sigmoid();

                // A saturated example has no curvature; the floor keeps its working response finite.
                Tensor curvature = (mean - mean.Square()).Maximum(task.Graph.Fill(1e-4, y.Shape));
                Tensor response = activation + ((y - mean) / curvature);
                coefficients = (gram + (identity * (regularization / curvature))).SolvePositiveDefinite(response);
                activation = gram.MatrixMultiply(coefficients);
            }

            weights[c] = x.MatrixMultiply(coefficients, transposeA: true);
        }

        return [state.With([KeyValuePair.Create(Weight, TensorOperations.Concatenate(1, weights))])];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries) =>
        RidgeRegressionHead.WithOnes(task.Model.Embed(state, queries, task.QueryNormalization(state))).MatrixMultiply(state[Weight])
        * state[Scale];

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "logistic regression classifies; for regression use r2d2";
}
