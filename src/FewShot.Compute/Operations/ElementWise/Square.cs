using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The square x² of x.</summary>
internal sealed record Square : UnaryOperation
{
    protected override T Apply<T>(T x) => x * x;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x * 2];
    }
}

public static partial class TensorOperations
{
    /// <summary>The square x² of x; element by element.</summary>
    public static Tensor Square(this Tensor x) => x.Graph.Apply(new Square(), x);
}
