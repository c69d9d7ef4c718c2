using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The sine of x in radians.</summary>
internal sealed record Sine : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Sin(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x.Cosine()];
    }
}

public static partial class TensorOperations
{
    /// <summary>The sine of x in radians; element by element.</summary>
    public static Tensor Sine(this Tensor x) => x.Graph.Apply(new Sine(), x);
}
