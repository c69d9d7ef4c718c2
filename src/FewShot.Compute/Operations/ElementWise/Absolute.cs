using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The absolute value |x|.</summary>
internal sealed record Absolute : UnaryOperation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    protected override T Apply<T>(T x) => T.Abs(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x.Sign()];
    }
}

public static partial class TensorOperations
{
    /// <summary>The absolute value |x|; element by element.</summary>
    public static Tensor Absolute(this Tensor x) => x.Graph.Apply(new Absolute(), x);
}
