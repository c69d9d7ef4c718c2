using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>log(1+eˣ), without overflow.</summary>
internal sealed record Softplus : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Max(x, T.Zero) + T.LogP1(T.Exp(-T.Abs(x)));

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x.Sigmoid()];
    }
}

public static partial class TensorOperations
{
    /// <summary>log(1+eˣ), without overflow; element by element.</summary>
    public static Tensor Softplus(this Tensor x) => x.Graph.Apply(new Softplus(), x);
}
