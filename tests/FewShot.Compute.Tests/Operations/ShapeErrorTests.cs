using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>A shape that does not fit is refused where it is traced, by a message that names the operation and the shapes.</summary>
public class ShapeErrorTests
{
    private static readonly (string Name, Func<Graph, Tensor> Trace, string[] Shapes)[] s_cases =
    [
        ("Add", g => X(g, 2, 3) + Y(g, 3, 2), ["[2, 3]", "[3, 2]"]),
        ("Subtract", g => X(g, 2, 3) - Y(g, 2), ["[2, 3]", "[2]"]),
        ("Multiply", g => X(g, 2, 3) * Y(g, 4), ["[2, 3]", "[4]"]),
        ("Divide", g => X(g, 2, 3) / Y(g, 4), ["[2, 3]", "[4]"]),
        ("Maximum", g => X(g, 2).Maximum(Y(g, 3)), ["[2]", "[3]"]),
        ("Minimum", g => X(g, 2).Minimum(Y(g, 3)), ["[2]", "[3]"]),
        ("Greater", g => X(g, 2).Greater(Y(g, 3)), ["[2]", "[3]"]),
        ("Equal", g => X(g, 2).Equal(Y(g, 3)), ["[2]", "[3]"]),
        ("Add", g => g.Apply(new Add(), X(g, 2, 3), Y(g, 3)), ["[2, 3]", "[3]"]),
        ("Select", g => X(g, 2).Select(Y(g, 2), g.Fill(0, new Shape(3))), ["[2]", "[3]"]),
        ("AveragePool", g => X(g, 1, 2, 5, 1).AveragePool(3), ["[1, 2, 5, 1]"]),
        ("AveragePool", g => X(g, 4, 4).AveragePool(2), ["[4, 4]"]),
        ("AverageUnpool", g => g.Apply(new AverageUnpool(2, new Shape(1, 4, 4, 1)), X(g, 1, 3, 3, 1)), ["[1, 4, 4, 1]", "[1, 3, 3, 1]"]),
        ("MaxPoolSelect", g => X(g, 1, 2, 5, 1).MaxPool(3), ["[1, 2, 5, 1]"]),
        ("MaxPoolSelect", g => X(g, 1, 2, 5, 1).MaxPool(0), ["[1, 2, 5, 1]"]),
        ("MaxPoolSelect", g => g.Apply(new MaxPoolSelect(1), X(g, 1, 2, 2, 1), Y(g, 1, 2, 3, 1)), ["[1, 2, 2, 1]", "[1, 2, 3, 1]"]),
        ("MaxUnpool", g => g.Apply(new MaxUnpool(2), X(g, 1, 1, 2, 1), Y(g, 1, 2, 2, 1)), ["[1, 1, 2, 1]", "[1, 2, 2, 1]"]),
        ("MatrixProduct", g => X(g, 2, 3).MatrixMultiply(Y(g, 2, 3)), ["[2, 3]", "[2, 3]"]),
        ("MatrixProduct", g => X(g, 2, 3).MatrixMultiply(Y(g, 4, 2), transposeB: true), ["[2, 3]", "[4, 2]"]),
        ("MatrixProduct", g => X(g, 2, 3, 1).MatrixMultiply(Y(g, 3, 1, 1)), ["[2, 3, 1]", "[3, 1, 1]"]),
        ("MatrixProduct", g => X(g, 3).MatrixMultiply(Y(g, 3)), ["[3]"]),
        ("Convolution", g => X(g, 1, 5, 5, 2).Convolve(Y(g, 3, 3, 3, 4)), ["[1, 5, 5, 2]", "[3, 3, 3, 4]"]),
        ("Convolution", g => X(g, 1, 2, 5, 2).Convolve(Y(g, 3, 3, 2, 4)), ["[1, 2, 5, 2]", "[3, 3, 2, 4]"]),
        ("Convolution", g => X(g, 1, 5, 5, 2).Convolve(Y(g, 3, 3, 2, 4), stride: 0), ["[1, 5, 5, 2]", "[3, 3, 2, 4]"]),
        ("Convolution", g => X(g, 1, 5, 5, 2).Convolve(Y(g, 3, 3, 2, 4), padding: -1), ["[1, 5, 5, 2]", "[3, 3, 2, 4]"]),
        ("Convolution", g => X(g, 1, 5, 5, 3).Convolve(Y(g, 3, 3, 1, 4), groups: 2), ["[1, 5, 5, 3]", "[3, 3, 1, 4]"]),
        (
            "ConvolutionDataGradient",
            g => g.Apply(new ConvolutionDataGradient(1, 0, 5, 5), X(g, 1, 5, 5, 2), Y(g, 3, 3, 1, 2)),
            ["[1, 5, 5, 2]", "[3, 3, 1, 2]"]
        ),
        (
            "ConvolutionWeightGradient",
            g => g.Apply(new ConvolutionWeightGradient(1, 0, 3, 3), X(g, 1, 5, 5, 2), Y(g, 1, 5, 5, 2)),
            ["[1, 5, 5, 2]"]
        ),
        ("TurnWeights", g => g.Apply(new TurnWeights(), X(g, 3, 3)), ["[3, 3]"]),
        ("Cholesky", g => X(g, 2, 3).Cholesky(), ["[2, 3]"]),
        ("TriangularSolve", g => X(g, 2, 2).TriangularSolve(Y(g, 3, 1)), ["[2, 2]", "[3, 1]"]),
        ("SpectralFunction", g => X(g, 2, 3).SpectralFunction(MatrixFunction.Inverse), ["[2, 3]"]),
        ("SpectralFunction", g => g.Apply(new SpectralFunction(MatrixFunction.Inverse), X(g, 2, 2), Y(g, 3, 3)), ["[2, 2]", "[3, 3]"]),
        ("Sum", g => X(g, 2, 3).Sum(2), ["[2, 3]"]),
        ("Sum", g => X(g, 2, 3).Sum(0, -2), ["[2, 3]"]),
        ("Sum", g => X(g).Sum(0), ["[]"]),
        ("ReduceMaximum", g => X(g, 2, 3).Max(-3), ["[2, 3]"]),
        ("ReduceMaximum", g => X(g).Max(0), ["[]"]),
        ("Variance", g => X(g, 2, 3).Variance(2), ["[2, 3]"]),
        ("SumTo", g => X(g, 2, 3).SumTo(new Shape(2)), ["[2, 3]", "[2]"]),
        ("SumTo", g => X(g, 3).SumTo(new Shape(1, 3)), ["[3]", "[1, 3]"]),
        ("BroadcastTo", g => X(g, 2, 3).BroadcastTo(new Shape(3)), ["[2, 3]", "[3]"]),
        ("Concatenate", g => TensorOperations.Concatenate(0, X(g, 2, 3), Y(g, 2, 4)), ["[2, 3]", "[2, 4]"]),
        ("Concatenate", g => TensorOperations.Concatenate(2, X(g, 2, 3), Y(g, 2, 3)), ["[2, 3]"]),
        ("Gather", g => X(g, 2, 3).Gather(Y(g, 2, 2)), ["[2, 3]", "[2, 2]"]),
        ("ScatterAdd", g => g.Apply(new ScatterAdd(4), X(g, 2, 3), Y(g, 3)), ["[2, 3]", "[3]"]),
        ("OneHot", g => X(g, 2, 3).OneHot(3), ["[2, 3]"]),
        ("Pad", g => X(g, 2, 3).Pad(2, 1, 1), ["[2, 3]"]),
        ("Pad", g => X(g, 2, 3).Pad(0, -1, 1), ["[2, 3]"]),
        ("Slice", g => X(g, 2, 3).Slice(1, 2, 2), ["[2, 3]"]),
        ("Slice", g => X(g, 2, 3).Slice(1, int.MaxValue, 1), ["[2, 3]"]),
        ("Slice", g => X(g, 2, 3).Slice(3, 0, 1), ["[2, 3]"]),
        ("Reshape", g => X(g, 2, 3).Reshape(4), ["[2, 3]", "[4]"]),
        ("Reshape", g => X(g, 2, 3).Reshape(-1, 4), ["[2, 3]", "[-1, 4]"]),
        ("Reshape", g => X(g, 2, 3).Reshape(-1, -1), ["[2, 3]", "[-1, -1]"]),
        ("Transpose", g => X(g, 2, 3).Transpose(0, 0), ["[2, 3]"]),
        ("LogSoftmax", g => X(g).LogSoftmax(), ["[]"]),
        ("CrossEntropy", g => X(g, 2, 3).CrossEntropy(Y(g, 2)), ["[2, 3]", "[2]"]),
        ("MeanSquaredError", g => X(g, 2, 3).MeanSquaredError(Y(g, 3)), ["[2, 3]", "[3]"]),
        ("Dot", g => X(g, 2, 3).Dot(Y(g, 3)), ["[2, 3]", "[3]"]),
        ("SquaredDistances", g => X(g, 2, 3).SquaredDistances(Y(g, 2, 4)), ["[2, 3]", "[2, 4]"]),
        ("CosineSimilarity", g => X(g, 2, 3).CosineSimilarity(Y(g, 3)), ["[2, 3]", "[3]"]),
        ("Stack", g => TensorOperations.Stack(0, X(g, 2, 3), Y(g, 3)), ["[2, 3]", "[3]"]),
        ("Stack", g => TensorOperations.Stack(3, X(g, 2, 3)), ["[2, 3]"]),
        ("Split", g => X(g, 2, 3).Split(1, 2, 2)[0], ["[2, 3]"]),
        ("Diagonal", g => X(g, 2, 3).Diagonal(), ["[2, 3]"]),
        ("Gradients", g => Differentiate.Gradients(X(g, 2, 3))[0], ["[2, 3]"]),
        ("JacobianVectorProduct", g => Differentiate.JacobianVectorProduct([X(g, 2, 3)], [X(g, 2, 3)], [Y(g, 3)])[0], ["[2, 3]", "[3]"]),
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, s_cases.Length)];

    [Theory]
    [MemberData(nameof(Indices))]
    public void The_message_names_the_operation_and_the_shapes(int index)
    {
        (string name, Func<Graph, Tensor> trace, string[] shapes) = s_cases[index];
        ShapeException error = Assert.Throws<ShapeException>(() => trace(new Graph()));
        Assert.StartsWith(name + ":", error.Message);
        Assert.All(shapes, shape => Assert.Contains(shape, error.Message));
    }

    [Fact]
    public void Every_operation_that_can_refuse_a_shape_has_a_case()
    {
        string[] takeAnyShape =
        [
            "Absolute",
            "Cosine",
            "Exp",
            "Log",
            "Negate",
            "Power",
            "Reciprocal",
            "ReciprocalSqrt",
            "Relu",
            "Sigmoid",
            "Sign",
            "Sine",
            "Softplus",
            "Sqrt",
            "Square",
            "Step",
            "Tanh",
            "SegmentOutput",
            "Variable",
        ];
        Assert.Empty(OperationCase.Types.Select(type => type.Name).Except(s_cases.Select(item => item.Name)).Except(takeAnyShape));
    }

    [Fact]
    public void Too_large_a_shape_is_refused_however_large() =>
        Assert.All(
            new int[][] { [int.MaxValue, 2], [int.MaxValue, int.MaxValue, int.MaxValue], [1 << 16, 1 << 16, 1 << 16, 1 << 16] },
            extents => Assert.Contains($"[{string.Join(", ", extents)}]", Assert.Throws<ShapeException>(() => new Shape(extents)).Message)
        );

    private static Tensor X(Graph graph, params int[] extents) =>
        graph.Inputs.FirstOrDefault(input => input.Shape.Equals(new Shape(extents))) ?? graph.Input("x", new Shape(extents));

    private static Tensor Y(Graph graph, params int[] extents) => graph.Input("y", new Shape(extents));
}
