using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The natural logarithm of x.</summary>
internal sealed record Log : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Log(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent / x];
    }
}

public static partial class TensorOperations
{
    /// <summary>The natural logarithm of x; element by element.</summary>
    public static Tensor Log(this Tensor x) => x.Graph.Apply(new Log(), x);
}
