using System.Numerics;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The softplus log(1+eˣ), without overflow.</summary>
internal sealed record Softplus : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Max(x, T.Zero) + LogOnePlus(T.Exp(-T.Abs(x)));

    /// <summary>
    /// Computes log(1+e) to full precision for small e, which the library's LogP1, being log(e + 1), loses: the rounding of 1+e is divided
    /// out.
    /// </summary>
    private static T LogOnePlus<T>(T e)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T rounded = T.One + e;
        return rounded == T.One ? e : T.Log(rounded) * (e / (rounded - T.One));
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x.Sigmoid()];
    }
}

public static partial class TensorOperations
{
    /// <summary>The softplus log(1+eˣ), without overflow; element by element.</summary>
    public static Tensor Softplus(this Tensor x) => x.Graph.Apply(new Softplus(), x);
}
