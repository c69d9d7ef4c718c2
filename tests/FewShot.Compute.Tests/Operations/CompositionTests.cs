using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>Compositions: values against plain formulas, derivatives against differences.</summary>
public class CompositionTests
{
    private static readonly (string Name, Func<Graph, Tensor[], Tensor> Trace)[] s_smooth =
    [
        ("norm", (_, x) => x[0].Norm(1)),
        ("variance", (_, x) => x[0].Variance(0)),
        ("variance of all", (_, x) => x[0].Variance()),
        ("leaky relu", (_, x) => x[0].LeakyRelu(0.2)),
        ("clip", (_, x) => x[0].Clip(-0.5, 0.6)),
        ("distances", (_, x) => x[0].SquaredDistances(x[1])),
        ("distances to itself", (_, x) => x[0].SquaredDistances(x[0])),
        ("cosines", (_, x) => x[0].CosineSimilarity(x[1])),
        ("stack", (_, x) => TensorOperations.Stack(1, x[0], x[0].Square())),
        ("split", (_, x) => x[0].Split(-1, 1, 2).Select(part => part.Square().Sum()).Aggregate((a, b) => a * b)),
        ("trace", (_, x) => x[0].MatrixMultiply(x[1], transposeB: true).Slice(1, 0, 2).Trace()),
        ("diagonal", (_, x) => x[0].MatrixMultiply(x[0], transposeB: true).Diagonal()),
        ("softmax", (_, x) => x[0].Softmax()),
        ("cross-entropy", (_, x) => x[0].CrossEntropy(x[0].Softmax().StopGradient() * 0 + 1.0 / 3)),
        ("mean squared error", (_, x) => x[0].MeanSquaredError(x[0].Sine())),
        ("solve", (_, x) => OperationCase.PositiveDefinite(x[0]).SolvePositiveDefinite(x[0])),
    ];

    public static TheoryData<string> Names => [.. s_smooth.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_equal_central_differences(string name)
    {
        Func<Graph, Tensor[], Tensor> trace = s_smooth.Single(item => item.Name == name).Trace;
        foreach (int order in new[] { 1, 2 })
        {
            var random = new Random(5);
            Argument[] arguments = [new(new Shape(2, 3), Values.Uniform(random, 6)), new(new Shape(4, 3), Values.Uniform(random, 12))];
            DerivativeKit.Check(trace, arguments, order, random);
        }
    }

    [Fact]
    public void Distances_and_cosines_of_rows()
    {
        (Shape, double[]) a = (new Shape(2, 2), [0, 0, 3, 4]);
        (Shape, double[]) b = (new Shape(3, 2), [3, 4, 0, 1, -3, -4]);
        Close([25, 1, 25, 0, 18, 100], Values.Of((_, x) => x[0].SquaredDistances(x[1]), a, b));
        Close([0, 0, 0, 1, 0.8, -1], Values.Of((_, x) => x[0].CosineSimilarity(x[1]), a, b));
    }

    [Fact]
    public void Distances_far_from_the_origin_do_not_cancel()
    {
        (Shape, double[]) a = (new Shape(1, 2), [1e8 + 1, -1e8]);
        (Shape, double[]) b = (new Shape(2, 2), [1e8, -1e8, 1e8, -1e8 + 2]);
        Close([1, 5], Values.Of((_, x) => x[0].SquaredDistances(x[1]), a, b));
        Close([1], Values.Of((_, x) => x[0].Variance().Reshape(1), (new Shape(2), [1e9, 1e9 + 2])));
    }

    [Theory]
    [InlineData(1e4)]
    [InlineData(1e7)]
    public void Distances_of_near_rows_stand_beside_a_far_one_in_single_precision(double far)
    {
        const int size = 64;
        var random = new Random(3);
        double[] a = Values.Uniform(random, 2 * size);
        double[] b = [.. Values.Uniform(random, 2 * size), .. Enumerable.Repeat(far, size)];
        var graph = new Graph();
        Tensor x = graph.Input("a", new Shape(2, size));
        Tensor y = graph.Input("b", new Shape(3, size));
        Tensor distances = x.SquaredDistances(y);
        graph.Output("distances", distances);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(distances.Slice(1, 0, 2).Sine().Sum(), x, y);
        graph.Output("by a", gradients[0]);
        graph.Output("by b", gradients[1]);
        using IWorker<float> worker = new SimdProgram(graph).CreateWorker();
        Values.Write(worker, 0, a);
        Values.Write(worker, 1, b);
        worker.Run();
        for (int i = 0; i < 2; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                double expected = Distance(i, j);
                Assert.InRange(worker.Output(0)[(i * 3) + j], expected * (1 - 1e-5), expected * (1 + 1e-5));
            }
        }

        for (int place = 0; place < 2 * size; place++)
        {
            (int row, int column) = Math.DivRem(place, size);
            double byA = Enumerable.Range(0, 2).Sum(j => 2 * Math.Cos(Distance(row, j)) * (a[place] - b[(j * size) + column]));
            double byB = Enumerable.Range(0, 2).Sum(i => 2 * Math.Cos(Distance(i, row)) * (b[place] - a[(i * size) + column]));
            Assert.Equal(byA, worker.Output(1)[place], 1e-3);
            Assert.Equal(byB, worker.Output(2)[place], 1e-3);
        }

        double Distance(int i, int j) => Enumerable.Range(0, size).Sum(k => Math.Pow(a[(i * size) + k] - b[(j * size) + k], 2));
    }

    [Fact]
    public void A_masked_class_without_weight_adds_nothing_to_cross_entropy_and_one_with_weight_makes_it_infinite()
    {
        var graph = new Graph();
        Tensor logits = graph.Input("logits", new Shape(1, 3));
        Tensor targets = graph.Input("targets", new Shape(1, 3));
        Tensor loss = logits.CrossEntropy(targets);
        graph.Output("loss", loss);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, logits, targets);
        graph.Output("by logits", gradients[0]);
        graph.Output("by targets", gradients[1]);
        graph.Output("second", Differentiate.Gradients((gradients[0] * graph.Constant([1, 0, 0], new Shape(1, 3))).Sum(), logits)[0]);
        using IWorker<float> worker = new SimdProgram(graph).CreateWorker();

        // Without the masked class this is a problem of two: p = 1 / (1 + e^-1), loss -log p, gradient p - t, second derivative p(1 - p).
        double p = 1 / (1 + Math.Exp(-1));
        Run([2, double.NegativeInfinity, 1], [1, 0, 0], [-Math.Log(p)], [p - 1, 0, 1 - p], [p * (1 - p), 0, -p * (1 - p)]);
        Run(
            [0, double.NegativeInfinity, 1],
            [0.25, 0, 0.75],
            [(0.25 * -Math.Log(1 - p)) + (0.75 * -Math.Log(p))],
            [0.75 - p, 0, p - 0.75],
            [p * (1 - p), 0, -p * (1 - p)]
        );
        Assert.Equal(
            double.PositiveInfinity,
            Values.Run(
                graph,
                [
                    [2, double.NegativeInfinity, 1],
                    [0, 1, 0],
                ]
            )[0][0]
        );

        // Where a class is possible, a target of zero has the derivative that one beside zero has.
        Close(
            [-Math.Log(p), 1 - Math.Log(p), 30 - Math.Log(p)],
            Values.Run(
                graph,
                [
                    [2, 1, -28],
                    [1, 0, 0],
                ]
            )[2]
        );

        void Run(double[] values, double[] weights, params double[][] expected)
        {
            double[][] byDefinition = Values.Run(graph, [values, weights]);
            Values.Write(worker, 0, values);
            Values.Write(worker, 1, weights);
            worker.Run();
            int[] outputs = [0, 1, 3];
            for (int i = 0; i < expected.Length; i++)
            {
                Close(expected[i], byDefinition[outputs[i]]);
                Close(expected[i], [.. worker.Output(outputs[i]).ToArray().Select(value => (double)value)], 1e-6);
            }
        }
    }

    [Theory]
    [InlineData(1e-20, 1)]
    [InlineData(1, 1)]
    [InlineData(1e19, 1e19)]
    [InlineData(1e38, 2)]
    public void Cosines_hold_in_single_precision_wherever_the_rows_themselves_do(double first, double second)
    {
        const int size = 20;
        var random = new Random(4);
        double[] a = [.. Values.Uniform(random, 2 * size).Select((value, i) => value * (i < size ? first : 1))];
        double[] b = [.. Values.Uniform(random, size).Select(value => value * second)];
        var graph = new Graph();
        Tensor x = graph.Input("a", new Shape(2, size));
        Tensor y = graph.Input("b", new Shape(1, size));
        Tensor cosines = x.CosineSimilarity(y);
        graph.Output("cosines", cosines);
        graph.Output("by a", Differentiate.Gradients(cosines.Sum(), x)[0]);
        using IWorker<float> worker = new SimdProgram(graph).CreateWorker();
        Values.Write(worker, 0, a);
        Values.Write(worker, 1, b);
        worker.Run();
        double yy = b.Sum(value => value * value) + 1e-12;
        for (int row = 0; row < 2; row++)
        {
            double[] own = a[(row * size)..((row + 1) * size)];
            double xx = own.Sum(value => value * value) + 1e-12;
            double cosine = own.Zip(b, (left, right) => left * right).Sum() / Math.Sqrt(xx) / Math.Sqrt(yy);
            Assert.Equal(cosine, worker.Output(0)[row], 1e-5);
            double unit = 1 / Math.Sqrt(xx);
            for (int i = 0; i < size; i++)
            {
                // Float32 has no numbers below 1e-38 to full precision, hence the floor.
                double expected = ((b[i] / Math.Sqrt(yy)) - (cosine * own[i] * unit)) * unit;
                Assert.True(
                    Math.Abs(expected - worker.Output(1)[(row * size) + i]) <= (1e-4 * unit) + 1e-40,
                    $"row {row}, place {i}: {expected}, {worker.Output(1)[(row * size) + i]}"
                );
            }
        }
    }

    [Fact]
    public void The_logarithm_of_no_error_is_minus_infinity_and_has_nothing_left_to_descend()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(3));
        Tensor y = graph.Input("y", new Shape(3));
        Tensor loss = x.LogMeanSquaredError(y);
        graph.Output("loss", loss);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, x, y);
        graph.Output("gradient", gradients[0]);
        graph.Output("second", Differentiate.Gradients(gradients[0].Sum(), x)[0]);
        double[] equal = [1, -2, 3];
        double[][] byDefinition = Values.Run(graph, [equal, equal]);
        Assert.Equal(double.NegativeInfinity, byDefinition[0][0]);
        Assert.Equal([0, 0, 0], byDefinition[1]);
        Assert.Equal([0, 0, 0], byDefinition[2]);
        using IWorker<float> worker = new SimdProgram(graph).CreateWorker();
        Values.Write(worker, 0, equal);
        Values.Write(worker, 1, equal);
        worker.Run();
        Assert.Equal(float.NegativeInfinity, worker.Output(0)[0]);
        Assert.Equal([0, 0, 0], worker.Output(1).ToArray());

        // Elsewhere it is the logarithm, however small or large the differences are.
        foreach (double scale in (double[])[1e-30, 1, 1e30])
        {
            Values.Write(worker, 0, [scale, -2 * scale, 3 * scale]);
            Values.Write(worker, 1, [0, 0, 0]);
            worker.Run();
            Assert.Equal(Math.Log(14.0 / 3) + (2 * Math.Log(scale)), worker.Output(0)[0], 1e-4);
            Assert.Equal(2 * 3 / 14.0 / scale, worker.Output(1)[2], 1e-5 / scale);
        }
    }

    [Fact]
    public void Stack_and_split()
    {
        (Shape, double[]) a = (new Shape(2), [1, 2]);
        (Shape, double[]) b = (new Shape(2), [3, 4]);
        Close([1, 2, 3, 4], Values.Of((_, x) => TensorOperations.Stack(0, x[0], x[1]), a, b));
        Close([1, 3, 2, 4], Values.Of((_, x) => TensorOperations.Stack(-1, x[0], x[1]), a, b));
        Close([3, 4, 5], Values.Of((_, x) => x[0].Split(0, 2, 3)[1], (new Shape(5), [1, 2, 3, 4, 5])));
    }

    [Fact]
    public void Diagonal_trace_identity_norm()
    {
        (Shape, double[]) a = (new Shape(2, 2), [1, double.NaN, double.NaN, 4]);
        Close([1, 4], Values.Of((_, x) => x[0].Diagonal(), a));
        Close([5], Values.Of((_, x) => x[0].Trace(), a));
        Close([7], Values.Of((_, x) => x[0].Trace(), (new Shape(1, 1), [7])));
        Close([1, 0, 0, 0, 1, 0, 0, 0, 1], Values.Of((graph, _) => graph.Identity(3)));
        Close([5], Values.Of((_, x) => x[0].Norm(), (new Shape(2), [3, -4])));
    }

    [Fact]
    public void Bounds_out_of_order_are_refused() => Assert.Throws<ArgumentException>(() => new Graph().Fill(0, new Shape(2)).Clip(1, 0));

    private static void Close(double[] expected, double[] found, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - found[i]) <= tolerance * (1 + Math.Abs(expected[i])),
                $"[{i}]: expected {expected[i]}, found {found[i]}"
            );
        }
    }
}
