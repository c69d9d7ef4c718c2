using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Gives 1 where x > 0, else 0; its derivative is zero.</summary>
internal sealed record Step : UnaryOperation
{
    internal override Smoothness Smoothness => Smoothness.PiecewiseConstant;

    protected override T Apply<T>(T x) => x > T.Zero ? T.One : T.Zero;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [null];
}

public static partial class TensorOperations
{
    /// <summary>Gives 1 where x > 0, else 0; its derivative is zero; element by element.</summary>
    public static Tensor Step(this Tensor x) => x.Graph.Apply(new Step(), x);
}
