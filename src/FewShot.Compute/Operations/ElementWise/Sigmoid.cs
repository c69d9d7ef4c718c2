using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The logistic function 1/(1+e⁻ˣ).</summary>
internal sealed record Sigmoid : UnaryOperation
{
    protected override T Apply<T>(T x) => T.One / (T.One + T.Exp(-x));

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * (node - node.Square())];
}

public static partial class TensorOperations
{
    /// <summary>The logistic function 1/(1+e⁻ˣ); element by element.</summary>
    public static Tensor Sigmoid(this Tensor x) => x.Graph.Apply(new Sigmoid(), x);
}
