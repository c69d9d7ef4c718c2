using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// The lower triangular L with L·Lᵀ = A, for symmetric positive definite A; only the lower triangle of A is read. NaN where A is not.
/// </summary>
internal sealed record Cholesky : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank == 2 && inputs[0][0] == inputs[0][1] ? inputs[0] : throw Misfit("needs a square matrix", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> a = inputs[0];
        int n = inputs.Shape(0)[0];
        result.Clear();
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                T sum = a[(row * n) + column];
                for (int k = 0; k < column; k++)
                {
                    sum -= result[(row * n) + k] * result[(column * n) + k];
                }

                result[(row * n) + column] = row == column ? T.Sqrt(sum) : sum / result[(column * n) + column];
            }
        }
    }

    /// <summary>
    /// Differentiates with Φ keeping the lower triangle and half the diagonal: Ā = sym(L⁻ᵀ Φ(LᵀL̄) L⁻¹). A is taken as symmetric, so its
    /// cotangent is symmetrised.
    /// </summary>
    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        int n = node.Shape[0];
        Tensor inner = node.MatrixMultiply(cotangent, transposeA: true) * LowerTriangle(node.Graph, n, 0.5);
        Tensor left = node.TriangularSolve(inner, transposed: true);
        Tensor both = node.TriangularSolve(left.Transpose(), transposed: true).Transpose();
        return [(both + both.Transpose()) * 0.5];
    }

    /// <summary>A matrix of ones below the diagonal and a given value on it.</summary>
    internal static Tensor LowerTriangle(Graph graph, int n, double diagonal)
    {
        double[] values = new double[n * n];
        for (int row = 0; row < n; row++)
        {
            values.AsSpan(row * n, row).Fill(1);
            values[(row * n) + row] = diagonal;
        }

        return graph.Constant(values, new Shape(n, n));
    }
}

/// <summary>The X with L·X = B, or Lᵀ·X = B, for lower triangular L [n, n] (its upper triangle is not read) and B [n, m].</summary>
internal sealed record TriangularSolve(bool Transposed) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank == 2 && inputs[0][0] == inputs[0][1] && inputs[1].Rank == 2 && inputs[1][0] == inputs[0][0]
            ? inputs[1]
            : throw Misfit("needs a square matrix and right-hand sides of as many rows", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> l = inputs[0];
        (int n, int m) = (inputs.Shape(1)[0], inputs.Shape(1)[1]);
        inputs[1].CopyTo(result);
        for (int step = 0; step < n; step++)
        {
            int row = Transposed ? n - 1 - step : step;
            Span<T> target = result.Slice(row * m, m);
            for (int done = 0; done < step; done++)
            {
                int other = Transposed ? n - 1 - done : done;
                T factor = Transposed ? l[(other * n) + row] : l[(row * n) + other];
                for (int column = 0; column < m; column++)
                {
                    target[column] -= factor * result[(other * m) + column];
                }
            }

            T scale = T.One / l[(row * n) + row];
            for (int column = 0; column < m; column++)
            {
                target[column] *= scale;
            }
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor b = node.Inputs[0].TriangularSolve(cotangent, !Transposed);
        Tensor product = Transposed ? node.MatrixMultiply(b, transposeB: true) : b.MatrixMultiply(node, transposeB: true);
        return [-(product * Cholesky.LowerTriangle(node.Graph, node.Inputs[0].Shape[0], 1)), b];
    }

    internal override long MultiplyAdds(Tensor node) => (long)node.Shape.Count * node.Shape[0] / 2;
}

public static partial class TensorOperations
{
    /// <summary>The lower Cholesky factor of a symmetric positive definite matrix; NaN where it is not one.</summary>
    public static Tensor Cholesky(this Tensor a) => a.Graph.Apply(new Cholesky(), a);

    /// <summary>Solves L·X = B (or Lᵀ·X = B) for a lower triangular L.</summary>
    public static Tensor TriangularSolve(this Tensor l, Tensor b, bool transposed = false) =>
        l.Graph.Apply(new TriangularSolve(transposed), l, b);

    /// <summary>Solves A·X = B for a symmetric positive definite A by its Cholesky factor.</summary>
    public static Tensor SolvePositiveDefinite(this Tensor a, Tensor b)
    {
        Tensor factor = a.Cholesky();
        return factor.TriangularSolve(factor.TriangularSolve(b), transposed: true);
    }
}
