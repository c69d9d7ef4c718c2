using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Gives 1 where a = b, else 0; its derivative is zero.</summary>
internal sealed record Equal : BinaryOperation
{
    internal override Smoothness Smoothness => Smoothness.PiecewiseConstant;

    protected override T Apply<T>(T a, T b) => a == b ? T.One : T.Zero;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [null, null];
}

public static partial class TensorOperations
{
    /// <summary>Gives 1 where a = b, else 0; its derivative is zero; element by element, shapes broadcast.</summary>
    public static Tensor Equal(this Tensor a, Tensor b) => Binary(new Equal(), a, b);
}
