using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The hyperbolic tangent of x.</summary>
internal sealed record Tanh : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Tanh(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * (1 - node.Square())];
}

public static partial class TensorOperations
{
    /// <summary>The hyperbolic tangent of x; element by element.</summary>
    public static Tensor Tanh(this Tensor x) => x.Graph.Apply(new Tanh(), x);
}
