using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;
using Xunit.Sdk;

namespace FewShot.Compute.Tests.Kit;

/// <summary>The helpers that assert find what they are there to find.</summary>
public class KitTests
{
    [Fact]
    public void A_wrong_derivative_is_found_at_either_order()
    {
        var random = new Random(1);
        Argument[] arguments = [new(new Shape(3), Values.Uniform(random, 3))];
        Assert.Throws<TrueException>(() => DerivativeKit.Check((g, x) => g.Apply(new CubeWithFault(1), x[0]), arguments, 1, random));
        Assert.Throws<TrueException>(() => DerivativeKit.Check((g, x) => g.Apply(new CubeWithFault(2), x[0]), arguments, 2, random));
        DerivativeKit.Check((g, x) => g.Apply(new CubeWithFault(2), x[0]), arguments, 1, random);
    }

    [Fact]
    public void A_difference_across_a_kink_is_skipped_and_counted()
    {
        Argument[] arguments = [new(new Shape(3), [1e-5, 1, -1])];
        Differences done = DerivativeKit.Check((_, x) => (x[0].Absolute() * 10).Sum(), arguments, 1, new Random(1));
        Assert.Equal(new Differences(2, 1), done);
    }

    [Fact]
    public void A_wrong_value_is_found_and_what_rounding_does_is_not()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(4));
        graph.Output("y", x.Exp().Sum() * x);
        double[][] inputs =
        [
            [0.1f, 0.2f, -0.7f, 0],
        ];
        RoundingBounds expected = RoundingBounds.Of<float>(graph, inputs);
        IProgram<float> right = new SimdProgram(graph);
        Assert.Null(ExecutorKit.Compare(right, inputs, expected));
        Assert.NotNull(ExecutorKit.Compare(new Faulty(right, 1 + 1e-4f), inputs, expected));
        Assert.Null(ExecutorKit.Compare(new Faulty(right, 1 + 1e-7f), inputs, expected));
        Assert.NotNull(ExecutorKit.Compare(new Faulty(right, float.NaN), inputs, expected));
        Assert.Contains("after another run", ExecutorKit.Compare(new Faulty(right, 1, drift: 1e-3f), inputs, expected));
    }

    [Fact]
    public void A_failure_shows_the_label_and_the_graph()
    {
        RandomProgram program = RandomPrograms.Create(3, 0);
        FailException error = Assert.Throws<FailException>(() =>
            ExecutorKit.Check(program.Graph, program.Inputs, g => new Faulty(new SimdProgram(g), 2), program.Label)
        );
        Assert.Contains("seed 3", error.Message);
        Assert.Contains("%0 = Input", error.Message);
    }

    [Fact]
    public void Bounds_follow_cancellation()
    {
        // (x + 10⁶) − 10⁶ keeps an absolute error of some 10⁶ units of roundoff.
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(1));
        graph.Output("y", (x + 1e6).Sine().Square() + x);
        graph.Output("z", (x + 1e6) * 1e-6);
        RoundingBounds bounds = RoundingBounds.Of<float>(
            graph,
            [
                [0.5],
            ]
        );
        Assert.InRange(bounds.Bounds[0][0], 0.01, 20);
        Assert.InRange(bounds.Bounds[1][0], 1e-7, 1e-4);
    }

    /// <summary>x³ whose first or second derivative is wrong.</summary>
    private sealed record CubeWithFault(int Order) : Operation
    {
        internal override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

        internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
        {
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = inputs[0][i] * inputs[0][i] * inputs[0][i];
            }
        }

        internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
            Order == 1 ? [cotangent * node.Inputs[0].Square() * 3.001] : [cotangent * node.Inputs[0] * node.Inputs[0].StopGradient() * 3];
    }

    /// <summary>A program whose outputs are scaled, or drift from run to run.</summary>
    private sealed class Faulty(IProgram<float> right, float factor, float drift = 0) : IProgram<float>
    {
        public IReadOnlyList<string> InputNames => right.InputNames;

        public IReadOnlyList<string> OutputNames => right.OutputNames;

        public long PeakBytes => right.PeakBytes;

        public long MultiplyAdds => right.MultiplyAdds;

        public IWorker<float> CreateWorker() => new Worker(right.CreateWorker(), factor, drift);

        private sealed class Worker(IWorker<float> right, float factor, float drift) : IWorker<float>
        {
            private float _factor = factor;

            public Span<float> Input(int index) => right.Input(index);

            public ReadOnlySpan<float> Output(int index) => right.Output(index).ToArray().Select(value => value * _factor).ToArray();

            public void Run()
            {
                right.Run();
                _factor += drift;
            }

            public void Dispose() => right.Dispose();
        }
    }
}
