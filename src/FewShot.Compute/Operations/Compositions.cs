using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

public static partial class TensorOperations
{
    /// <summary>Squared Euclidean distance between every row of a [n, d] and every row of b [m, d]: [n, m].</summary>
    public static Tensor SquaredDistances(this Tensor a, Tensor b)
    {
        Tensor cross = a.MatrixMultiply(b, transposeB: true);
        return a.Square().Sum(1).Reshape(-1, 1) + b.Square().Sum(1) - (cross * 2);
    }

    /// <summary>Cosine of the angle between every row of a [n, d] and every row of b [m, d]: [n, m]. Lengths are at least 1e-6.</summary>
    public static Tensor CosineSimilarity(this Tensor a, Tensor b)
    {
        return Unit(a).MatrixMultiply(Unit(b), transposeB: true);

        static Tensor Unit(Tensor x) => x * (x.Square().Sum(1).Reshape(-1, 1) + 1e-12).ReciprocalSqrt();
    }

    /// <summary>The identity matrix.</summary>
    public static Tensor Identity(this Graph graph, int n)
    {
        var values = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            values[(i * n) + i] = 1;
        }

        return graph.Constant(values, new Shape(n, n));
    }
}
