using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Hyperbolic tangent.</summary>
internal sealed record Tanh : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Tanh(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * (1 - node.Square())];
}

public static partial class TensorOperations
{
    /// <summary>Hyperbolic tangent; element by element.</summary>
    public static Tensor Tanh(this Tensor x) => x.Graph.Apply(new Tanh(), x);
}
