using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// A query has the labels of the support examples it resembles: P(y|x) = Σᵢ a(x, xᵢ)·yᵢ with a the softmax of cosine similarities (matching
/// networks, Vinyals 2016, arXiv:1606.04080, eq. 1 and 2, without full context embeddings). The similarities are multiplied by a learned
/// scale, since a cosine alone is too flat for a softmax. Answers are logarithms of the probabilities.
/// </summary>
public sealed record MatchingAttention : AdaptationRule
{
    private const string Scale = "matching.scale";
    private const string Examples = "matching.examples";
    private const string Labels = "matching.labels";

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) => [new(Scale, Shape.Scalar, Initializer.Constant(10))];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("matching");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor embeddings = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());
        return [state.With([new(Examples, embeddings), new(Labels, task.SupportTargets)])];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries)
    {
        Tensor embeddings = task.Model.Embed(state, queries, task.QueryNormalization(state));
        Tensor attention = (embeddings.CosineSimilarity(state[Examples]) * state[Scale]).Softmax();

        // A class that gets no attention still has a finite loss.
        return (attention.MatrixMultiply(state[Labels]) + 1e-6).Log();
    }

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "matching networks classify; for regression use a gradient, ridge or kernel method";
}
