using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// A product with a transposed second factor reads a turned copy of it, which all products with the same factor share; otherwise each would
/// make its own.
/// </summary>
internal static class TransposeOnce
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        if (rewrite.Operation is not MatrixProduct { TransposeB: true } product || rewrite.Node.Shape.Rank != 2)
        {
            return null;
        }

        Tensor b = rewrite.Inputs[1];
        Tensor turned = rewrite.Graph.Apply(new TurnWeights(), b.Reshape(1, 1, b.Shape[0], b.Shape[1]));
        return rewrite.Inputs[0].MatrixMultiply(turned.Reshape(b.Shape[1], b.Shape[0]), product.TransposeA, transposeB: false);
    }
}
