using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The smaller of a and b; where they are equal the derivative goes to a.</summary>
internal sealed record Minimum : BinaryOperation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    protected override T Apply<T>(T a, T b) => a <= b ? a : (T.IsNaN(a) ? a : b);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor second = node.Inputs[0].Greater(node.Inputs[1]);
        return [cotangent * (1 - second), cotangent * second];
    }
}

public static partial class TensorOperations
{
    /// <summary>The smaller of a and b; where they are equal the derivative goes to a; element by element, shapes broadcast.</summary>
    public static Tensor Minimum(this Tensor a, Tensor b) => Binary(new Minimum(), a, b);
}
