using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The sign of x: −1, 0 or 1; its derivative is zero.</summary>
internal sealed record Sign : UnaryOperation
{
    internal override Smoothness Smoothness => Smoothness.PiecewiseConstant;

    protected override T Apply<T>(T x) => T.IsNaN(x) ? x : T.CreateChecked(T.Sign(x));

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [null];
}

public static partial class TensorOperations
{
    /// <summary>The sign of x: −1, 0 or 1; its derivative is zero; element by element.</summary>
    public static Tensor Sign(this Tensor x) => x.Graph.Apply(new Sign(), x);
}
