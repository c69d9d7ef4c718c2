using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The exponential function eˣ.</summary>
internal sealed record Exp : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Exp(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * node];
}

public static partial class TensorOperations
{
    /// <summary>The exponential function eˣ; element by element.</summary>
    public static Tensor Exp(this Tensor x) => x.Graph.Apply(new Exp(), x);
}
