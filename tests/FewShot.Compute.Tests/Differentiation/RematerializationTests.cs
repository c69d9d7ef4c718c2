using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;
using static FewShot.Compute.Tests.Differentiation.DerivativeProductTests;

namespace FewShot.Compute.Tests.Differentiation;

/// <summary>A checkpointed segment changes memory, never a value or a derivative.</summary>
public class RematerializationTests
{
    private delegate IReadOnlyList<Tensor> Runner(
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> function,
        params IReadOnlyList<Tensor> inputs
    );

    private static readonly Runner s_plain = (function, inputs) => function(inputs);

    [Fact]
    public void Several_outputs_each_used_or_not() =>
        Same(
            (run, x) =>
            {
                IReadOnlyList<Tensor> p = run(p => [p[0].Sine() * p[1], p[0] * p[1].Square(), p[1].Exp()], x[0], x[1]);
                return [(p[0] * p[1]).Sum(), p[2].Sine().Sum() + p[0].Sum()];
            }
        );

    [Fact]
    public void Segments_after_each_other_and_within_each_other() =>
        Same(
            (run, x) =>
            {
                Tensor a = x[0];
                for (int i = 0; i < 3; i++)
                {
                    a = run(p => [run(q => [q[0].Tanh() * q[1], q[0]], p[0].Sine(), p[1])[0] + p[1]], a, x[1])[0];
                }

                return [a.Square().Sum()];
            }
        );

    [Fact]
    public void A_gradient_within_a_segment() =>
        Same(
            (run, x) =>
            {
                Tensor a = x[0];
                for (int i = 0; i < 2; i++)
                {
                    a = run(p => [p[0] - Differentiate.Gradients((p[0] * p[1]).Sine().Sum(), p[0])[0] * 0.3], a, x[1])[0];
                }

                return [a.Square().Sum()];
            }
        );

    [Fact]
    public void One_tensor_passed_twice() => Same((run, x) => [run(p => [p[0] * p[1].Exp()], x[0], x[0])[0].Sine().Sum()]);

    [Fact]
    public void A_stopped_tensor_may_be_captured() =>
        Same(
            (run, x) =>
            {
                Tensor stopped = x[0].StopGradient();
                return [run(p => [p[0].Sine() * stopped], x[0])[0].Sum()];
            }
        );

    [Fact]
    public void An_output_can_be_differentiated_though_later_ones_exist()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(1));
        IReadOnlyList<Tensor> p = Rematerialize.Run(p => [p[0].Square(), p[0].Exp()], x);
        graph.Output("gradient", Differentiate.Gradients(p[0], x)[0]);
        Assert.Equal(
            [6],
            Values.Run(
                graph,
                [
                    [3],
                ]
            )[0]
        );
    }

    [Fact]
    public void An_output_that_is_a_variable_does_not_hide_the_others()
    {
        double[] plain = Run(s_plain);
        Assert.Equal(plain, Run(Rematerialize.Run));
        Assert.NotEqual(0, plain[0]);

        static double[] Run(Runner run) =>
            Values.Of(
                (_, t) =>
                {
                    IReadOnlyList<Tensor> p = run(p => [p[0].Sine(), p[0].Square()], t[0]);
                    IReadOnlyList<Tensor> gradients = Differentiate.Gradients((p[0] * p[1]).Sum(), t[0], p[0]);
                    return TensorOperations.Concatenate(0, gradients[0], gradients[1]);
                },
                (new Shape(1), [0.7])
            );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_captured_variable_is_refused_also_where_it_is_an_argument_too(bool argumentToo)
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Tensor w = graph.Input("w", new Shape(2));
        Tensor captured = w.Exp();
        Tensor y = Rematerialize.Run(p => [p[0] * captured], argumentToo ? w : x)[0];
        ArgumentException error = Assert.Throws<ArgumentException>(() => Differentiate.Gradients(y.Sum(), w));
        Assert.Contains("as an argument", error.Message);
    }

    [Fact]
    public void A_variable_within_a_segment_is_refused()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Tensor? inner = null;
        Tensor y = Rematerialize.Run(p => [(inner ??= p[0].Exp()).Sine()], x)[0];
        Assert.Throws<ArgumentException>(() => Differentiate.Gradients(y.Sum(), inner!));
    }

    [Fact]
    public void Equal_work_outside_a_segment_is_no_capture() =>
        Same(
            (run, x) =>
            {
                Tensor outside = x[0].Exp();
                return [(run(p => [p[0].Exp().Sine()], x[0])[0] * outside).Sum()];
            }
        );

    [Fact]
    public void The_segment_is_computed_again_on_the_way_back()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Tensor y = Rematerialize.Run(p => [p[0].Exp().Sine()], x)[0];
        Tensor gradient = Differentiate.Gradients(y.Sum(), x)[0];
        Assert.Equal(2, Needed([y, gradient]).Count(node => node.Operation is Exp));
    }

    /// <summary>Values, gradients, second derivatives and Jacobian products are those without segments, and hold no probe.</summary>
    private static void Same(Func<Runner, Tensor[], Tensor[]> trace)
    {
        double[][] plain = Run(s_plain);
        double[][] checkpointed = Run(Rematerialize.Run);
        Assert.Equal(plain.Length, checkpointed.Length);
        for (int i = 0; i < plain.Length; i++)
        {
            Close(plain[i], checkpointed[i], 1e-13);
        }

        Assert.Contains(plain[^1], value => Math.Abs(value) > 1e-6);

        double[][] Run(Runner run)
        {
            var graph = new Graph();
            Tensor[] x =
            [
                graph.Input("a", new Shape(3)),
                graph.Input("b", new Shape(3)),
                graph.Input("da", new Shape(3)),
                graph.Input("db", new Shape(3)),
            ];
            Tensor[] variables = [x[0], x[1]];
            Tensor[] outputs = trace(run, x);
            Tensor scalar = outputs.Aggregate((a, b) => a + b);
            IReadOnlyList<Tensor> gradients = Differentiate.Gradients(scalar, variables);
            IReadOnlyList<Tensor> second = Differentiate.HessianVectorProduct(scalar, variables, x[2..]);
            IReadOnlyList<Tensor> forward = Differentiate.JacobianVectorProduct([.. outputs, .. gradients], variables, x[2..]);
            Tensor third = Differentiate.Gradients(
                forward.Aggregate(graph.Fill(0, Shape.Scalar), (sum, part) => sum + part.Sine().Sum()),
                x[0]
            )[0];
            Tensor[] all = [.. outputs, .. gradients, .. second, .. forward, third];
            Assert.DoesNotContain(Needed(all), node => node.Operation is Probe);
            for (int i = 0; i < all.Length; i++)
            {
                graph.Output($"y{i}", all[i]);
            }

            double[][] inputs =
            [
                [0.3, -0.8, 1.1],
                [0.7, 0.2, -0.5],
                [1, 0.5, -1],
                [-0.4, 1, 0.3],
            ];
            return Values.Run(graph, inputs);
        }
    }
}
