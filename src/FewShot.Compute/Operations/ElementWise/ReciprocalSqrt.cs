using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The reciprocal square root 1/√x.</summary>
internal sealed record ReciprocalSqrt : UnaryOperation
{
    protected override T Apply<T>(T x) => T.One / T.Sqrt(x);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * node * node.Square() * -0.5];
}

public static partial class TensorOperations
{
    /// <summary>The reciprocal square root 1/√x; element by element.</summary>
    public static Tensor ReciprocalSqrt(this Tensor x) => x.Graph.Apply(new ReciprocalSqrt(), x);
}
