using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The rectifier max(x, 0); derivative 0 at 0.</summary>
internal sealed record Relu : UnaryOperation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    protected override T Apply<T>(T x) => x > T.Zero ? x : (T.IsNaN(x) ? x : T.Zero);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        return [cotangent * x.Step()];
    }
}

public static partial class TensorOperations
{
    /// <summary>The rectifier max(x, 0); derivative 0 at 0; element by element.</summary>
    public static Tensor Relu(this Tensor x) => x.Graph.Apply(new Relu(), x);
}
