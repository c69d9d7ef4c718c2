using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The square root of x.</summary>
internal sealed record Sqrt : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Sqrt(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * node.Reciprocal() * 0.5];
}

public static partial class TensorOperations
{
    /// <summary>The square root of x; element by element.</summary>
    public static Tensor Sqrt(this Tensor x) => x.Graph.Apply(new Sqrt(), x);
}
