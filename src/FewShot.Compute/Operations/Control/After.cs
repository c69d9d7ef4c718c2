using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// The first input, but not before the others are computed. Never shared with the first input, so what is computed from it is computed
/// again: how a checkpointed segment recomputes instead of keeping.
/// </summary>
internal sealed record After : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => inputs[0].CopyTo(result);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent, .. new Tensor?[node.Inputs.Count - 1]];
}

public static partial class TensorOperations
{
    /// <summary>
    /// A tensor of the same value as x, but not before others are computed, and never shared: what is made from it is computed anew then,
    /// to save memory.
    /// </summary>
    public static Tensor After(this Tensor x, params IReadOnlyList<Tensor> others) => x.Graph.Apply(new After(), [x, .. others]);
}
