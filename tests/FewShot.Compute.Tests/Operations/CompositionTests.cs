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
