using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The larger of a and b; where they are equal the derivative goes to a.</summary>
internal sealed record Maximum : BinaryOperation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    protected override T Apply<T>(T a, T b) => a >= b ? a : (T.IsNaN(a) ? a : b);

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor second = node.Inputs[1].Greater(node.Inputs[0]);
        return [cotangent * (1 - second), cotangent * second];
    }
}

public static partial class TensorOperations
{
    /// <summary>The larger of a and b; where they are equal the derivative goes to a; element by element, shapes broadcast.</summary>
    public static Tensor Maximum(this Tensor a, Tensor b) => Binary(new Maximum(), a, b);
}
