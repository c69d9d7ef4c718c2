using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The negative −x.</summary>
internal sealed record Negate : UnaryOperation
{
    protected override T Apply<T>(T x) => -x;

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Operation is Negate ? inputs[0].Inputs[0] : base.Simplify(graph, inputs);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [-cotangent];
}

public static partial class TensorOperations
{
    /// <summary>The negative −x; element by element.</summary>
    public static Tensor Negate(this Tensor x) => x.Graph.Apply(new Negate(), x);
}
