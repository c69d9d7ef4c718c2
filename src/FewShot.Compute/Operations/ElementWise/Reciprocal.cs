using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The reciprocal 1/x.</summary>
internal sealed record Reciprocal : UnaryOperation
{
    protected override T Apply<T>(T x) => T.One / x;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [-(cotangent * node.Square())];
}

public static partial class TensorOperations
{
    /// <summary>The reciprocal 1/x; element by element.</summary>
    public static Tensor Reciprocal(this Tensor x) => x.Graph.Apply(new Reciprocal(), x);
}
