using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// A transposition that moves only axes of extent 1 leaves every element in its place; one of a matrix product that nobody else reads is
/// the product of the transposes.
/// </summary>
internal static class UnitTransposes
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        if (rewrite.Operation is not Transpose transpose)
        {
            return null;
        }

        Tensor x = rewrite.Inputs[0];
        int[] moved = [.. transpose.Order.Where(axis => x.Shape[axis] > 1)];
        if (moved.SequenceEqual(moved.Order()))
        {
            return x.Reshape(rewrite.Node.Shape);
        }

        return x.Operation is MatrixProduct product && x.Shape.Rank == 2 && rewrite.Uses[rewrite.Node.Inputs[0].Id] == 1
            ? x.Inputs[1].MatrixMultiply(x.Inputs[0], !product.TransposeB, !product.TransposeA)
            : null;
    }
}
