using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// A matrix product with an extent of 1 is a product of elements, or a sum of such products: element-wise work, which is fused with its
/// surroundings.
/// </summary>
internal static class NarrowProducts
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        if (rewrite.Operation is not MatrixProduct product || rewrite.Node.Shape.Rank != 2)
        {
            return null;
        }

        (Tensor a, Tensor b) = (rewrite.Inputs[0], rewrite.Inputs[1]);
        (int m, int n) = (rewrite.Node.Shape[0], rewrite.Node.Shape[1]);
        int k = a.Shape.Count / m;
        if (k == 1)
        {
            var shape = new Shape(m, n);
            return Rows(a, shape) * Columns(b, shape);
        }

        if (n == 1)
        {
            return Contract(a, product.TransposeA, b).Reshape(m, 1);
        }

        return m == 1 ? Contract(b, !product.TransposeB, a).Reshape(1, n) : null;
    }

    /// <summary>The product of a matrix, transposed or not, with a vector.</summary>
    private static Tensor Contract(Tensor matrix, bool transposed, Tensor vector) =>
        transposed ? (matrix * Rows(vector, matrix.Shape)).Sum(0) : (matrix * Columns(vector, matrix.Shape)).Sum(1);

    private static Tensor Rows(Tensor vector, Shape shape) => vector.Reshape(vector.Shape.Count, 1).BroadcastTo(shape);

    private static Tensor Columns(Tensor vector, Shape shape) => vector.Reshape(vector.Shape.Count).BroadcastTo(shape);
}
