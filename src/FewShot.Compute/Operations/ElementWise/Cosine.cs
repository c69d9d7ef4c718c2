using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The cosine of x in radians.</summary>
internal sealed record Cosine : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Cos(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [-(cotangent * x.Sine())];
    }
}

public static partial class TensorOperations
{
    /// <summary>The cosine of x in radians; element by element.</summary>
    public static Tensor Cosine(this Tensor x) => x.Graph.Apply(new Cosine(), x);
}
