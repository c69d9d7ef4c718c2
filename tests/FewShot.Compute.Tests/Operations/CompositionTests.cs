using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Simd;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>Compositions: values against plain formulas, derivatives against differences.</summary>
public class CompositionTests
{
    private static readonly (string Name, Func<Graph, Tensor[], Tensor> Trace)[] Smooth =
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

    public static TheoryData<string> Names => [.. Smooth.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_equal_central_differences(string name)
    {
        Func<Graph, Tensor[], Tensor> trace = Smooth.Single(item => item.Name == name).Trace;
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
    public void Bounds_out_of_order_are_refused() =>
        Assert.Throws<ArgumentException>(() => new Graph().Fill(0, new Shape(2)).Clip(1, 0));

    private static void Close(double[] expected, double[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - found[i]) <= 1e-12 * (1 + Math.Abs(expected[i])), $"[{i}]: expected {expected[i]}, found {found[i]}");
        }
    }
}
