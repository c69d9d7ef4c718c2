using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>What operations mean, by values computed by hand.</summary>
public class MeaningTests
{
    private const double NaN = double.NaN;
    private const double Inf = double.PositiveInfinity;

    [Fact]
    public void Functions_of_one_number()
    {
        double[] x = [-2, -1, 0, 1, 4];
        Equal([2, 1, 0, 1, 4], Unary(x, a => a.Absolute()));
        Equal([2, 1, 0, -1, -4], Unary(x, a => -a));
        Equal([4, 1, 0, 1, 16], Unary(x, a => a.Square()));
        Equal([0, 0, 0, 1, 4], Unary(x, a => a.Relu()));
        Equal([0, 0, 0, 1, 1], Unary(x, a => a.Step()));
        Equal([-1, -1, 0, 1, 1], Unary(x, a => a.Sign()));
        Equal([-0.5, -1, Inf, 1, 0.25], Unary(x, a => a.Reciprocal()));
        Equal([NaN, NaN, 0, 1, 2], Unary(x, a => a.Sqrt()));
        Equal([NaN, NaN, Inf, 1, 0.5], Unary(x, a => a.ReciprocalSqrt()));
        Equal([-8, -1, 0, 1, 64], Unary(x, a => a.Power(3)));
        Equal([NaN, NaN, -Inf, 0, Math.Log(4)], Unary(x, a => a.Log()));
        Equal([.. x.Select(Math.Exp)], Unary(x, a => a.Exp()));
        Equal([.. x.Select(Math.Tanh)], Unary(x, a => a.Tanh()));
        Equal([.. x.Select(Math.Sin)], Unary(x, a => a.Sine()));
        Equal([.. x.Select(Math.Cos)], Unary(x, a => a.Cosine()));
        Equal([.. x.Select(v => 1 / (1 + Math.Exp(-v)))], Unary(x, a => a.Sigmoid()));
        Equal([.. x.Select(v => Math.Log(1 + Math.Exp(v)))], Unary(x, a => a.Softplus()));
        Equal([-0.2, -0.1, 0, 1, 4], Unary(x, a => a.LeakyRelu(0.1)));
        Equal([-1, -1, 0, 1, 2], Unary(x, a => a.Clip(-1, 2)));
    }

    [Fact]
    public void Functions_of_one_number_at_their_limits()
    {
        double[] x = [-Inf, -1000, 1000, Inf, NaN];
        Equal([0, 0, 1, 1, NaN], Unary(x, a => a.Sigmoid()));
        Equal([0, 0, 1000, Inf, NaN], Unary(x, a => a.Softplus()));
        Equal([-1, -1, 1, 1, NaN], Unary(x, a => a.Tanh()));
        Equal([0, 0, 1000, Inf, NaN], Unary(x, a => a.Relu()));
        Equal([-1, -1, 1, 1, NaN], Unary(x, a => a.Sign()));
        Equal([0, 0, 1, 1, 0], Unary(x, a => a.Step()));
        Equal([-Inf, -100, 1000, Inf, NaN], Unary(x, a => a.LeakyRelu(0.1)));
        Equal([-1, -1, 2, 2, NaN], Unary(x, a => a.Clip(-1, 2)));
    }

    [Fact]
    public void Softplus_keeps_its_precision_where_it_is_small()
    {
        double[] found = Unary([-20, -40, -300], a => a.Softplus());
        for (int i = 0; i < 3; i++)
        {
            // log(1+e) = e − e²/2 + ..
            double e = Math.Exp(new[] { -20.0, -40, -300 }[i]);
            Assert.Equal(1, found[i] / (e - (e * e / 2)), 1e-14);
        }
    }

    [Fact]
    public void Functions_of_two_numbers()
    {
        double[] a = [1, 2, 2, NaN, 1, -Inf];
        double[] b = [2, 1, 2, 1, NaN, Inf];
        Equal([2, 2, 2, NaN, NaN, Inf], Binary(a, b, (x, y) => x.Maximum(y)));
        Equal([1, 1, 2, NaN, NaN, -Inf], Binary(a, b, (x, y) => x.Minimum(y)));
        Equal([0, 1, 0, 0, 0, 0], Binary(a, b, (x, y) => x.Greater(y)));
        Equal([0, 0, 1, 0, 0, 0], Binary(a, b, (x, y) => x.Equal(y)));
        Equal([0.5, 2, 1, NaN, NaN, NaN], Binary(a, b, (x, y) => x / y));
        Equal([3, 3, 4, NaN, NaN, NaN], Binary(a, b, (x, y) => x + y));
        Equal([-1, 1, 0, NaN, NaN, -Inf], Binary(a, b, (x, y) => x - y));
        Equal([2, 2, 4, NaN, NaN, -Inf], Binary(a, b, (x, y) => x * y));
    }

    [Fact]
    public void Select_takes_whole_values_not_products_with_a_mask() =>
        Equal(
            [1, 5, 3],
            Values.Of(
                (_, x) => x[0].Select(x[1], x[2]),
                (new Shape(3), [1, 0, -2]),
                (new Shape(3), [1, NaN, 3]),
                (new Shape(3), [NaN, 5, Inf])
            )
        );

    [Fact]
    public void At_ties_the_first_wins()
    {
        // Derivatives of maximum and minimum at equal arguments go to the first.
        Equal([1, 0], Gradient([2, 2], x => x.Slice(0, 0, 1).Maximum(x.Slice(0, 1, 1)).Sum()));
        Equal([1, 0], Gradient([2, 2], x => x.Slice(0, 0, 1).Minimum(x.Slice(0, 1, 1)).Sum()));

        // Pooling takes the first place, row by row; the maximum over axes is shared.
        Equal([0, 1, 0, 0], Gradient([1, 3, 3, 3], x => x.Reshape(1, 2, 2, 1).MaxPool(2).Sum()));
        Equal([0, 0.5, 0.5, 0], Gradient([1, 3, 3, 2], x => x.Max()));

        // Kinks at zero.
        Equal([0], Gradient([0], x => x.Relu().Sum()));
        Equal([0], Gradient([0], x => x.Absolute().Sum()));
        Equal([0.1], Gradient([0], x => x.LeakyRelu(0.1).Sum()));
        Equal([1, 1, 0, 0], Gradient([-1, 2, -1.5, 2.5], x => x.Clip(-1, 2).Sum()));
    }

    [Fact]
    public void Pooling_drops_rows_and_columns_that_fill_no_window()
    {
        // 3 rows, 5 columns; one channel is the other's negative.
        double[] image = [.. Enumerable.Range(0, 15).SelectMany(i => new double[] { i, -i })];
        var shape = new Shape(1, 3, 5, 2);
        Equal([6, 0, 8, -2], Values.Of((_, x) => x[0].MaxPool(2), (shape, image)));
        Equal([3, -3, 5, -5], Values.Of((_, x) => x[0].AveragePool(2), (shape, image)));
        double[] derivative = Values.Of((_, x) => Differentiate.Gradients(x[0].MaxPool(2).Sum(), x[0])[0], (shape, image));
        Assert.Equal(4, derivative.Sum());
        Equal([1, 1, 1, 1], [derivative[12], derivative[1], derivative[16], derivative[5]]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_diverged_value_reaches_the_result_of_every_maximum(int place)
    {
        double[] x = [1, 5, 2, 3];
        x[place] = NaN;
        Equal([NaN], Values.Of((_, t) => t[0].MaxPool(2).Reshape(1), (new Shape(1, 2, 2, 1), x)));
        Equal([NaN], Values.Of((_, t) => t[0].Max(), (new Shape(4), x)));
    }

    [Fact]
    public void Shaping_operations_mean_what_they_say()
    {
        double[] x = [1, 2, 3, 4, 5, 6];
        var shape = new Shape(2, 3);
        Equal([1, 4, 2, 5, 3, 6], Values.Of((_, t) => t[0].Transpose(), (shape, x)));
        Equal([2, 3, 5, 6], Values.Of((_, t) => t[0].Slice(-1, 1, 2), (shape, x)));
        Equal([0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0], Values.Of((_, t) => t[0].Pad(1, 1, 2), (shape, x)));
        Equal([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6], Values.Of((_, t) => TensorOperations.Concatenate(-1, t[0], t[0]), (shape, x)));
        Equal([1, 2, 3, 1, 2, 3], Values.Of((_, t) => t[0].BroadcastTo(new Shape(2, 3)), (new Shape(3), [1, 2, 3])));
        Equal([4, 5, 6, 1, 2, 3, 4, 5, 6], Values.Of((_, t) => t[0].Gather(t[1]), (shape, x), (new Shape(3), [1, 0, 1])));
        Equal([5, 7, 9, 0, 0, 0], Values.Of((g, t) => g.Apply(new ScatterAdd(2), t[0], t[1]), (shape, x), (new Shape(2), [0, 0])));
        Equal([0, 1, 1, 0], Values.Of((_, t) => t[0].OneHot(2), (new Shape(2), [1, 0])));
        Equal([1, 2, 3, 4, 5, 6], Values.Of((_, t) => t[0].Reshape(-1, 2).Reshape(6), (shape, x)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(NaN)]
    [InlineData(Inf)]
    [InlineData(1e20)]
    [InlineData(-0.25)]
    public void A_value_that_names_no_row_takes_none(double index)
    {
        (Shape, double[]) rows = (new Shape(2, 2), [1, 2, 3, 4]);
        Equal([NaN, NaN], Values.Of((_, t) => t[0].Gather(t[1]).Reshape(2), rows, (new Shape(1), [index])));
        Equal([0, 0], Values.Of((_, t) => t[0].OneHot(2).Reshape(2), (new Shape(1), [index])));
        Equal([3, 4, 0, 0], Values.Of((g, t) => g.Apply(new ScatterAdd(2), t[0], t[1]).Reshape(4), rows, (new Shape(2), [index, 0])));
    }

    [Fact]
    public void Reductions_mean_what_they_say()
    {
        double[] x = [1, 2, 3, 4, 5, 6];
        var shape = new Shape(2, 3);
        Equal([6, 15], Values.Of((_, t) => t[0].Sum(1), (shape, x)));
        Equal([5, 7, 9], Values.Of((_, t) => t[0].Sum(-2), (shape, x)));
        Equal([21], Values.Of((_, t) => t[0].Sum(), (shape, x)));
        Equal([3.5], Values.Of((_, t) => t[0].Mean(), (shape, x)));
        Equal([4, 5, 6], Values.Of((_, t) => t[0].Max(0), (shape, x)));
        Equal([5, 7, 9], Values.Of((_, t) => t[0].SumTo(new Shape(1, 3)).Reshape(3), (shape, x)));
    }

    [Fact]
    public void Products_mean_what_they_say()
    {
        (Shape, double[]) a = (new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        (Shape, double[]) b = (new Shape(3, 1), [1, 0, -1]);
        Equal([-2, -2], Values.Of((_, t) => t[0].MatrixMultiply(t[1]), a, b));
        Equal([14, 32, 32, 77], Values.Of((_, t) => t[0].MatrixMultiply(t[0], transposeB: true), a));
        Equal([17, 22, 27, 22, 29, 36, 27, 36, 45], Values.Of((_, t) => t[0].MatrixMultiply(t[0], transposeA: true), a));

        // 3x3 map, 2x2 kernel: cross-correlation, not turned. Stride and padding.
        (Shape, double[]) map = (new Shape(1, 3, 3, 1), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        (Shape, double[]) kernel = (new Shape(2, 2, 1, 1), [1, 0, 0, 10]);
        Equal([51, 62, 84, 95], Values.Of((_, t) => t[0].Convolve(t[1]), map, kernel));
        Equal([10, 30, 70, 95], Values.Of((_, t) => t[0].Convolve(t[1], stride: 2, padding: 1), map, kernel));

        // Two groups of one channel: each with its own weights.
        (Shape, double[]) pixels = (new Shape(1, 1, 2, 2), [1, 2, 3, 4]);
        (Shape, double[]) weights = (new Shape(1, 1, 1, 2), [10, 100]);
        Equal([10, 200, 30, 400], Values.Of((_, t) => t[0].Convolve(t[1], groups: 2), pixels, weights));
    }

    [Fact]
    public void Decompositions_mean_what_they_say()
    {
        (Shape, double[]) a = (new Shape(2, 2), [4, NaN, 2, 5]);
        Equal([2, 0, 1, 2], Values.Of((_, t) => t[0].Cholesky(), a));
        (Shape, double[]) l = (new Shape(2, 2), [2, NaN, 1, 2]);
        Equal([1, 2], Values.Of((_, t) => t[0].TriangularSolve(t[1]), l, (new Shape(2, 1), [2, 5])));
        Equal([0, 1], Values.Of((_, t) => t[0].TriangularSolve(t[1], transposed: true), l, (new Shape(2, 1), [1, 2])));
        Equal([1, 0], Values.Of((_, t) => t[0].SolvePositiveDefinite(t[1]), a, (new Shape(2, 1), [4, 2])));
        Assert.Contains(NaN, Values.Of((_, t) => t[0].Cholesky(), (new Shape(2, 2), [1, 2, 2, 1])));
    }

    [Fact]
    public void Losses_do_not_overflow()
    {
        (Shape, double[]) logits = (new Shape(2, 2), [1000, 0, 0, 0]);
        Equal([0, -1000, -Math.Log(2), -Math.Log(2)], Values.Of((_, t) => t[0].LogSoftmax(), logits));
        Equal([1, 0, 0.5, 0.5], Values.Of((_, t) => t[0].Softmax(), logits));
        Equal([(1000 + Math.Log(2)) / 2], Values.Of((_, t) => t[0].CrossEntropy(t[1]), logits, (new Shape(2, 2), [0, 1, 1, 0])));
        Equal([1.25], Values.Of((_, t) => t[0].MeanSquaredError(t[1]), (new Shape(2), [1, 2]), (new Shape(2), [1.5, 3.5])));
    }

    private static double[] Unary(double[] x, Func<Tensor, Tensor> apply) => Values.Of((_, t) => apply(t[0]), (new Shape(x.Length), x));

    private static double[] Binary(double[] a, double[] b, Func<Tensor, Tensor, Tensor> apply) =>
        Values.Of((_, t) => apply(t[0], t[1]), (new Shape(a.Length), a), (new Shape(b.Length), b));

    private static double[] Gradient(double[] x, Func<Tensor, Tensor> scalar) =>
        Values.Of((_, t) => Differentiate.Gradients(scalar(t[0]), t[0])[0], (new Shape(x.Length), x));

    private static void Equal(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i].Equals(found[i]) || Math.Abs(expected[i] - found[i]) <= 1e-14 * (1 + Math.Abs(expected[i])),
                $"[{i}]: expected {expected[i]}, found {found[i]}"
            );
        }
    }
}
