using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

public static partial class TensorOperations
{
    /// <summary>
    /// The square root of the sum of squares over the given axes, which are dropped; over all of them when none is given.
    /// </summary>
    /// <remarks>
    /// Its derivative does not exist at zero: there it is NaN. Add a small number to the sum of squares where that can occur.
    /// </remarks>
    public static Tensor Norm(this Tensor x, params ReadOnlySpan<int> axes) => x.Square().Sum(axes).Sqrt();

    /// <summary>
    /// Computes x where it is positive, else x times a slope; derivative <paramref name="slope"/> at 0; element by element.
    /// </summary>
    public static Tensor LeakyRelu(this Tensor x, double slope = 0.01) => x.Step().Select(x, x * slope);

    /// <summary>Holds x between two bounds; derivative 1 between and at them, 0 outside; element by element.</summary>
    /// <exception cref="ArgumentException">The bounds are not in order.</exception>
    public static Tensor Clip(this Tensor x, double lowest, double highest) =>
        lowest <= highest
            ? x.Maximum(x.Graph.Fill(lowest, x.Shape)).Minimum(x.Graph.Fill(highest, x.Shape))
            : throw new ArgumentException($"Clip: bounds are not in order; got {lowest} and {highest}", nameof(lowest));

    /// <summary>Squared Euclidean distances between the rows of two matrices [n, d] and [m, d]: a matrix [n, m].</summary>
    /// <remarks>
    /// By the differences themselves, n·m·d of them. The matrix product in ‖a‖² + ‖b‖² − 2·a·b is faster, but where one row is far from the
    /// rest, the distances of all others are lost in the rounding of its square.
    /// </remarks>
    public static Tensor SquaredDistances(this Tensor a, Tensor b)
    {
        RequireRows(nameof(SquaredDistances), a, b);
        return (a.Reshape(a.Shape[0], 1, a.Shape[1]) - b.Reshape(1, b.Shape[0], b.Shape[1])).Square().Sum(2);
    }

    /// <summary>Cosines of the angles between the rows of two matrices [n, d] and [m, d]: a matrix [n, m].</summary>
    /// <param name="a">The rows [n, d] of the first matrix.</param>
    /// <param name="b">The rows [m, d] of the second matrix.</param>
    /// <param name="epsilon">Added to every squared norm, so that a row of zeros has cosine 0 with all others.</param>
    public static Tensor CosineSimilarity(this Tensor a, Tensor b, double epsilon = 1e-12)
    {
        RequireRows(nameof(CosineSimilarity), a, b);
        return Unit(a).MatrixMultiply(Unit(b), transposeB: true);

        // Squares overflow in single precision from 1.8e19: rows beyond 1e15 are divided by their largest number first. The result does not
        // depend on that scale, so neither does its derivative; After keeps simplification from taking the scale out of the sum.
        Tensor Unit(Tensor x)
        {
            Tensor largest = x.StopGradient().Absolute().Max(1);
            Tensor scale = (largest - 1e15).Step().Select(largest, x.Graph.Fill(1, largest.Shape));
            Tensor scaled = (x / scale.Reshape(x.Shape[0], 1)).After();
            return scaled
                * (scaled.Square().Sum(1) + (x.Graph.Fill(epsilon, scale.Shape) / scale / scale)).ReciprocalSqrt().Reshape(x.Shape[0], 1);
        }
    }

    /// <summary>Joins tensors of one shape along a new axis (negative counts from the end of the result's axes).</summary>
    public static Tensor Stack(int axis, params IReadOnlyList<Tensor> parts)
    {
        if (parts.Count == 0 || parts.Any(part => part.Shape != parts[0].Shape))
        {
            throw new ShapeException(
                "Stack: needs tensors of one shape; got "
                    + $"{(parts.Count == 0 ? "none" : string.Join(" and ", parts.Select(part => part.Shape)))}"
            );
        }

        int rank = parts[0].Shape.Rank;
        int place = axis < 0 ? axis + rank + 1 : axis;
        if (place < 0 || place > rank)
        {
            throw new ShapeException($"Stack: there is no place {axis} for an axis; got {parts[0].Shape}");
        }

        ReadOnlySpan<int> extents = parts[0].Shape.Extents;
        var single = new Shape([.. extents[..place], 1, .. extents[place..]]);
        return Concatenate(place, [.. parts.Select(part => part.Reshape(single))]);
    }

    /// <summary>
    /// Cuts a tensor along one axis (negative counts from the end) into consecutive parts of given lengths, which add up to its extent.
    /// </summary>
    public static IReadOnlyList<Tensor> Split(this Tensor x, int axis, params IReadOnlyList<int> lengths)
    {
        int place = Axis(x, axis);
        if (
            place < 0
            || place >= x.Shape.Rank
            || lengths.Any(length => length <= 0)
            || lengths.Sum(length => (long)length) != x.Shape[place]
        )
        {
            throw new ShapeException($"Split: lengths ({string.Join(", ", lengths)}) do not make up axis {axis}; got {x.Shape}");
        }

        var parts = new Tensor[lengths.Count];
        int start = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = x.Slice(place, start, lengths[i]);
            start += lengths[i];
        }

        return parts;
    }

    /// <summary>The identity matrix [n, n].</summary>
    public static Tensor Identity(this Graph graph, int n)
    {
        var shape = new Shape(n, n);
        double[] values = new double[shape.Count];
        for (int i = 0; i < n; i++)
        {
            values[i * (n + 1)] = 1;
        }

        return graph.Constant(values, shape);
    }

    /// <summary>The diagonal [n] of a square matrix [n, n].</summary>
    public static Tensor Diagonal(this Tensor a)
    {
        if (a.Shape.Rank != 2 || a.Shape[0] != a.Shape[1])
        {
            throw new ShapeException($"Diagonal: needs a square matrix; got {a.Shape}");
        }

        // With n more elements the same memory is n rows of n + 1, and the diagonal their first column.
        int n = a.Shape[0];
        return a.Reshape(n * n).Pad(0, 0, n).Reshape(n, n + 1).Slice(1, 0, 1).Reshape(n);
    }

    /// <summary>The sum of the diagonal of a square matrix; a scalar.</summary>
    public static Tensor Trace(this Tensor a) => a.Diagonal().Sum();

    private static void RequireRows(string name, Tensor a, Tensor b)
    {
        if (a.Shape.Rank != 2 || b.Shape.Rank != 2 || a.Shape[1] != b.Shape[1])
        {
            throw new ShapeException($"{name}: needs matrices [n, d] and [m, d] of the same d; got {a.Shape} and {b.Shape}");
        }
    }
}
