using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>How an embedding is compared with a prototype.</summary>
[JsonConverter(typeof(CamelCaseEnum<PrototypeSimilarity>))]
public enum PrototypeSimilarity
{
    /// <summary>The negative squared Euclidean distance (Snell 2017).</summary>
    SquaredDistance,

    /// <summary>The cosine of the angle, times a learned scale.</summary>
    Cosine,
}

/// <summary>A class is the mean of its support embeddings; queries go to the nearest (Snell 2017, arXiv 1703.05175).</summary>
/// <param name="Similarity">What nearest means; squared Euclidean distance by default.</param>
public sealed record Prototypes(PrototypeSimilarity Similarity = PrototypeSimilarity.SquaredDistance) : AdaptationRule
{
    private const string State = "prototypes";
    private const string Scale = "prototypes.scale";

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) =>
        Similarity == PrototypeSimilarity.Cosine ? [new(Scale, Shape.Scalar, Initializer.Constant(10))] : [];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        using IDisposable scope = task.Graph.Scope("prototypes");
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor embeddings = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());

        // Means by counts, not by shots: a user's classes may have unequally many examples.
        Tensor sums = task.SupportTargets.MatrixMultiply(embeddings, transposeA: true);
        Tensor counts = task.SupportTargets.Sum(0).Reshape(-1, 1);
        return [state.With([KeyValuePair.Create(State, sums / counts)])];
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries)
    {
        Tensor x = task.Model.Embed(state, queries, task.QueryNormalization(state));
        return Similarity == PrototypeSimilarity.Cosine
            ? x.CosineSimilarity(state[State]) * state[Scale]
            : -x.SquaredDistances(state[State]);
    }

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "prototypes classify; for regression use a gradient, ridge or kernel method";
}
