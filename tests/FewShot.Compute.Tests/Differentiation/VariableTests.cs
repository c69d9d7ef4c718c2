using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Simplification;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Differentiation;

/// <summary>Derivatives by tensors that identities look through: each is the derivative, or an error, never a zero that is none.</summary>
public class VariableTests
{
    private static readonly double[] s_factors = [0.3, -1.2, 0.7, 2.1, -0.4, 1.6];

    private static readonly (string Name, Func<Tensor, Tensor> Make, Func<Tensor, Tensor> Use)[] s_cases =
    [
        ("a transposition in a product", x => x.Transpose(), v => v.MatrixMultiply(Factors(v, 2, 3))),
        ("a transposition on the right of a product", x => x.Transpose(), v => Factors(v, 2, 3).MatrixMultiply(v)),
        ("a transposition of a transposition", x => x.Transpose(), v => v.Transpose() * Factors(v, 2, 3)),
        ("a reshape of a reshape", x => x.Reshape(3, 2), v => v.Reshape(6) * Factors(v, 6)),
        ("a reshape that is taken back", x => x.Reshape(3, 2), v => v.Reshape(2, 3) * Factors(v, 2, 3)),
        ("a repetition of a repetition", x => x.BroadcastTo(new Shape(1, 2, 3)), v => v.BroadcastTo(new Shape(4, 2, 3))),
        ("the sum of a repetition", x => x.BroadcastTo(new Shape(4, 2, 3)), v => v.Sum(0)),
        ("the sum of a multiple", x => x * 2, v => v.Sum(1)),
        ("the sum of a product with a repeated factor", x => x * x.Slice(0, 0, 1), v => v.Sum(0)),
        ("the sum of a negation", x => -x, v => v.Sum(1)),
        ("a multiple of a multiple", x => x * 2, v => v * 3),
        ("a multiple of a negation", x => -x, v => v * 3),
        ("a multiple of a negated multiple", x => -(x * 2), v => v * 3),
        ("a negation of a negation", x => -x, v => -v),
        ("a product with a negation", x => -x, v => v * Factors(v, 2, 3)),
        ("a sum with a negation", x => -x, v => v + Factors(v, 2, 3)),
        ("a difference from a negation", x => -x, v => Factors(v, 2, 3) - v),
        ("a sum with nothing", x => x + 0, v => v + 0),
        ("a product with one", x => x * 1, v => v * 1),
        ("a part of what was joined", x => TensorOperations.Concatenate(0, x, x), v => v.Slice(0, 1, 2)),
        ("what was joined of one part", x => TensorOperations.Concatenate(0, x), v => TensorOperations.Concatenate(0, v).Slice(1, 1, 2)),
        ("a constant in a product", x => x.Graph.Fill(0, x.Shape), v => Factors(v, 3, 2).MatrixMultiply(v)),
        ("a constant in a sum", x => x.Graph.Fill(2, x.Shape), v => v + Factors(v, 2, 3)),
        ("constants", x => x.Graph.Constant(s_factors, x.Shape), v => v * Factors(v, 2, 3)),
        ("a value held constant once more", x => x.StopGradient(), v => v * v.StopGradient()),
        ("what the sum of a product no longer shows", x => x.Reshape(1, 6), v => v.Reshape(6, 1).MatrixMultiply(v)),
        (
            "used directly and folded",
            x => x.Transpose(),
            v => v.Sine().MatrixMultiply(Factors(v, 2, 3)) + v.MatrixMultiply(Factors(v, 2, 3))
        ),
    ];

    public static TheoryData<string> Names => [.. s_cases.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_derivative_by_what_an_identity_looks_through_is_that_derivative_or_an_error(string name)
    {
        (string _, Func<Tensor, Tensor> make, Func<Tensor, Tensor> use) = s_cases.Single(item => item.Name == name);
        double[] values = Values.Of((_, x) => make(x[0]), (new Shape(2, 3), s_factors));

        // Nothing looks through a program's input, and differences know nothing of identities.
        double[] expected = Derivative(x => x.Graph.Input("v", make(x).Shape), values);
        Assert.Contains(expected, value => value != 0);
        Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal((Scalar(i, 1e-5) - Scalar(i, -1e-5)) / 2e-5, expected[i], 1e-7));

        Close(expected, Derivative(x => make(x).AsVariable()));
        try
        {
            Close(expected, Derivative(make));
        }
        catch (ArgumentException error)
        {
            Assert.Contains("AsVariable()", error.Message);
        }

        double[] Derivative(Func<Tensor, Tensor> variable, double[]? given = null)
        {
            var graph = new Graph();
            Tensor v = variable(graph.Input("x", new Shape(2, 3)));
            graph.Output("derivative", Differentiate.Gradients(use(v).Sine().Sum(), v)[0]);
            return Values.Run(graph, given is null ? [s_factors] : [s_factors, given])[0];
        }

        double Scalar(int place, double step)
        {
            var graph = new Graph();
            Tensor v = graph.Input("v", make(graph.Input("x", new Shape(2, 3))).Shape);
            double[] moved = [.. values];
            moved[place] += step;

            // What is held constant does not move with the variable.
            Tensor y = name == "a value held constant once more" ? v * graph.Constant(values, v.Shape) : use(v);
            graph.Output("y", y.Sine().Sum());
            return Values.Run(graph, [s_factors, moved], simplify: false)[0][0];
        }
    }

    [Fact]
    public void Held_tensors_are_not_looked_into()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Tensor moved = x.Sine();
        Tensor y = (x * moved).Sum();
        graph.Output("total", Differentiate.Gradients(y, x)[0]);
        graph.Output("partial", Differentiate.PartialGradients(y, [x], [moved, x])[0]);
        double[][] found = Values.Run(
            graph,
            [
                [0.4, 1.3],
            ]
        );
        Close([.. new[] { 0.4, 1.3 }.Select(v => Math.Sin(v) + (v * Math.Cos(v)))], found[0]);
        Close([.. new[] { 0.4, 1.3 }.Select(Math.Sin)], found[1]);
    }

    [Fact]
    public void A_tensor_that_was_folded_elsewhere_only_still_has_its_derivative()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2, 3));
        Tensor turned = x.Transpose();
        Tensor elsewhere = turned.Transpose().Exp();
        graph.Output("used", Differentiate.Gradients(turned.Sine().Sum(), turned)[0]);
        graph.Output("independent", Differentiate.Gradients(x.StopGradient().Sum(), turned)[0]);
        graph.Output("elsewhere", elsewhere);
        double[][] found = Values.Run(graph, [s_factors]);
        double[] transposed = [.. new[] { 0, 3, 1, 4, 2, 5 }.Select(i => s_factors[i])];
        Close([.. transposed.Select(Math.Cos)], found[0]);
        Assert.All(found[1], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Variables_are_gone_before_a_program_runs()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2, 3));
        graph.Output("y", x.Transpose().AsVariable().MatrixMultiply(x.AsVariable()));
        Graph simplified = Simplifier.Run(graph);
        Assert.Equal(["Input", "MatrixProduct"], simplified.Nodes.Select(node => node.Operation.Name));
    }

    private static Tensor Factors(Tensor like, params int[] extents) => like.Graph.Constant(s_factors, new Shape(extents));

    private static void Close(double[] expected, double[] found) =>
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
}
