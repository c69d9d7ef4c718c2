using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The matrix product of the last two axes, either operand transposed or not; a leading axis, equal in both, is a batch.</summary>
internal sealed record MatrixProduct(bool TransposeA, bool TransposeB) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        (Shape a, Shape b) = (inputs[0], inputs[1]);
        if (a.Rank is < 2 or > 3 || a.Rank != b.Rank || (a.Rank == 3 && a[0] != b[0]))
        {
            throw Misfit("needs two matrices, or two batches of equally many", inputs);
        }

        (int m, int k) = TransposeA ? (a[-1], a[-2]) : (a[-2], a[-1]);
        (int k2, int n) = TransposeB ? (b[-1], b[-2]) : (b[-2], b[-1]);
        if (k != k2)
        {
            throw Misfit($"inner extents {k} and {k2} differ{(TransposeA || TransposeB ? " (after transposition)" : "")}", inputs);
        }

        return a.Rank == 3 ? new Shape(a[0], m, n) : new Shape(m, n);
    }

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        (Shape sa, Shape sb) = (inputs.Shape(0), inputs.Shape(1));
        int batch = sa.Rank == 3 ? sa[0] : 1;
        (int m, int k) = TransposeA ? (sa[-1], sa[-2]) : (sa[-2], sa[-1]);
        int n = TransposeB ? sb[-2] : sb[-1];
        (int am, int ak) = TransposeA ? (1, m) : (k, 1);
        (int bk, int bn) = TransposeB ? (1, k) : (n, 1);
        for (int i = 0; i < batch; i++)
        {
            ReadOnlySpan<T> a = inputs[0][(i * m * k)..];
            ReadOnlySpan<T> b = inputs[1][(i * k * n)..];
            for (int row = 0; row < m; row++)
            {
                for (int column = 0; column < n; column++)
                {
                    T sum = T.Zero;
                    for (int inner = 0; inner < k; inner++)
                    {
                        sum += a[(row * am) + (inner * ak)] * b[(inner * bk) + (column * bn)];
                    }

                    result[(((i * m) + row) * n) + column] = sum;
                }
            }
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        (Tensor a, Tensor b) = (inputs[0], inputs[1]);
        if (IsSwap(a))
        {
            return a.Inputs[0].MatrixMultiply(b, !TransposeA, TransposeB);
        }

        if (IsSwap(b))
        {
            return a.MatrixMultiply(b.Inputs[0], TransposeA, !TransposeB);
        }

        if (a.Operation is Fill { Value: 0 } || b.Operation is Fill { Value: 0 })
        {
            return graph.Fill(0, Infer([a.Shape, b.Shape]));
        }

        return null;
    }

    private static bool IsSwap(Tensor x) =>
        x.Operation is Transpose transpose && (transpose.Order.Count == 2 || (transpose.Order.Count == 3 && transpose.Order[0] == 0));

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        (Tensor a, Tensor b) = (node.Inputs[0], node.Inputs[1]);
        return
        [
            TransposeA ? b.MatrixMultiply(cotangent, TransposeB, true) : cotangent.MatrixMultiply(b, false, !TransposeB),
            TransposeB ? cotangent.MatrixMultiply(a, true, TransposeA) : a.MatrixMultiply(cotangent, !TransposeA, false),
        ];
    }

    internal override long MultiplyAdds(Tensor node) =>
        (long)node.Shape.Count * (TransposeA ? node.Inputs[0].Shape[-2] : node.Inputs[0].Shape[-1]);
}

public static partial class TensorOperations
{
    /// <summary>
    /// The matrix product of the last two axes [m, k]·[k, n]; either operand is transposed on request. A leading axis is a batch.
    /// </summary>
    public static Tensor MatrixMultiply(this Tensor a, Tensor b, bool transposeA = false, bool transposeB = false) =>
        a.Graph.Apply(new MatrixProduct(transposeA, transposeB), a, b);
}
