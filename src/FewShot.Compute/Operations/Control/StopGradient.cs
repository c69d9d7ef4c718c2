using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The identity, with derivative zero: where a graph is of first order, this node shows it.</summary>
internal sealed record StopGradient : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => inputs[0].CopyTo(result);

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Operation is Fill or Constant ? inputs[0] : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [null];
}

public static partial class TensorOperations
{
    /// <summary>A tensor of the same value as x, treated as a constant by differentiation.</summary>
    public static Tensor StopGradient(this Tensor x) => x.Graph.Apply(new StopGradient(), x);
}
