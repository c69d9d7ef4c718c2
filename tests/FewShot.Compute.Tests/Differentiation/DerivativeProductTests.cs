using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FewShot.Compute.Tests.Differentiation;

/// <summary>Jacobian, Hessian and Gauss-Newton products against differences, against explicit matrices and against each other.</summary>
public class DerivativeProductTests
{
    [Fact]
    public void A_jacobian_vector_product_is_the_directional_difference_and_holds_no_probe()
    {
        foreach (int seed in Enumerable.Range(0, 5))
        {
            var model = new Model(seed);
            IReadOnlyList<Tensor> moved = Differentiate.JacobianVectorProduct(
                [model.Hidden, model.Output],
                model.Parameters,
                model.Directions
            );
            model.Graph.Output("hidden", model.Hidden);
            model.Graph.Output("output", model.Output);
            model.Graph.Output("hidden moved", moved[0]);
            model.Graph.Output("output moved", moved[1]);
            double[][] found = Values.Run(model.Graph, model.Values);
            double[][] above = Values.Run(model.Graph, model.MovedBy(1e-5));
            double[][] below = Values.Run(model.Graph, model.MovedBy(-1e-5));
            for (int output = 0; output < 2; output++)
            {
                Close([.. above[output].Zip(below[output], (a, b) => (a - b) / 2e-5)], found[output + 2], 1e-8);
            }

            Assert.DoesNotContain(Needed(moved), node => node.Operation is Probe);
        }
    }

    [Fact]
    public void Jacobian_and_transpose_are_adjoint()
    {
        var model = new Model(3);
        Tensor y = model.Graph.Constant(Values.Uniform(new Random(1), model.Output.Shape.Count), model.Output.Shape);
        Tensor forward = Differentiate.JacobianVectorProduct([model.Output], model.Parameters, model.Directions)[0].Dot(y);
        IReadOnlyList<Tensor> back = Differentiate.VectorJacobianProduct([model.Output], [y], model.Parameters);
        model.Graph.Output("forward", forward);
        model.Graph.Output("back", back[0].Dot(model.Directions[0]) + back[1].Dot(model.Directions[1]));
        double[][] found = Values.Run(model.Graph, model.Values);
        Assert.Equal(found[0][0], found[1][0], 1e-12);
    }

    [Fact]
    public void Reverse_over_reverse_equals_the_jacobian_product_of_the_gradient()
    {
        foreach (int seed in Enumerable.Range(0, 5))
        {
            var model = new Model(seed);
            IReadOnlyList<Tensor> reverse = Differentiate.HessianVectorProduct(model.Loss, model.Parameters, model.Directions);
            IReadOnlyList<Tensor> forward = Differentiate.JacobianVectorProduct(
                Differentiate.Gradients(model.Loss, model.Parameters),
                model.Parameters,
                model.Directions
            );
            double[][] found = model.Run([.. reverse, .. forward]);
            Close(found[0], found[2], 1e-12);
            Close(found[1], found[3], 1e-12);
            Assert.DoesNotContain(Needed(forward), node => node.Operation is Probe);
        }
    }

    [Fact]
    public void The_hessian_is_symmetric() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20),
            Prop.ForAll<int>(
                ArbMap.Default.ArbFor<int>(),
                seed =>
                {
                    var model = new Model(seed);
                    Tensor[] other =
                    [
                        .. model.Parameters.Select(
                            (p, i) => model.Graph.Constant(Values.Uniform(new Random(seed + i), p.Shape.Count), p.Shape)
                        ),
                    ];
                    IReadOnlyList<Tensor> hv = Differentiate.HessianVectorProduct(model.Loss, model.Parameters, model.Directions);
                    IReadOnlyList<Tensor> hu = Differentiate.HessianVectorProduct(model.Loss, model.Parameters, other);
                    double[][] found = model.Run([
                        hv[0].Dot(other[0]) + hv[1].Dot(other[1]),
                        hu[0].Dot(model.Directions[0]) + hu[1].Dot(model.Directions[1]),
                    ]);
                    return Math.Abs(found[0][0] - found[1][0]) <= 1e-12 * (1 + Math.Abs(found[0][0]));
                }
            )
        );

    [Fact]
    public void A_hessian_product_can_be_differentiated_by_its_vector()
    {
        // ∂⟨u, H·v⟩/∂v = H·u: as when an unrolled linear solve is differentiated.
        var model = new Model(2);
        Tensor[] other =
        [
            .. model.Parameters.Select((p, i) => model.Graph.Constant(Values.Uniform(new Random(i), p.Shape.Count), p.Shape)),
        ];
        IReadOnlyList<Tensor> hv = Differentiate.HessianVectorProduct(model.Loss, model.Parameters, model.Directions);
        IReadOnlyList<Tensor> hu = Differentiate.HessianVectorProduct(model.Loss, model.Parameters, other);
        IReadOnlyList<Tensor> byVector = Differentiate.Gradients(hv[0].Dot(other[0]) + hv[1].Dot(other[1]), model.Directions);
        double[][] found = model.Run([.. hu, .. byVector]);
        Close(found[0], found[2], 1e-12);
        Close(found[1], found[3], 1e-12);
        Assert.Contains(found[0], value => Math.Abs(value) > 1e-3);
    }

    [Fact]
    public void The_gauss_newton_product_is_the_product_of_the_explicit_matrices()
    {
        var model = new Model(4);
        Tensor Loss(Tensor y) => y.Softplus().Square().Sum();
        IReadOnlyList<Tensor> product = Differentiate.GaussNewtonVectorProduct(Loss, model.Output, model.Parameters, model.Directions);
        int outputs = model.Output.Shape.Count;
        var tensors = new List<Tensor> { product[0], product[1] };
        Tensor gradient = Differentiate.Gradients(Loss(model.Output), model.Output)[0];
        for (int i = 0; i < outputs; i++)
        {
            // Row i of the Jacobian and of the Hessian in the output.
            double[] unit = new double[outputs];
            unit[i] = 1;
            Tensor row = model.Graph.Constant(unit, model.Output.Shape);
            tensors.AddRange(Differentiate.VectorJacobianProduct([model.Output], [row], model.Parameters));
            tensors.AddRange(Differentiate.VectorJacobianProduct([gradient], [row], [model.Output]));
        }

        double[][] found = model.Run(tensors);
        double[] v = [.. model.DirectionValues.SelectMany(part => part)];
        double[][] jacobian = [.. Enumerable.Range(0, outputs).Select(i => found[2 + (3 * i)].Concat(found[3 + (3 * i)]).ToArray())];
        double[][] hessian = [.. Enumerable.Range(0, outputs).Select(i => found[4 + (3 * i)])];
        double[] jv = [.. jacobian.Select(row => Dot(row, v))];
        double[] hjv = [.. hessian.Select(row => Dot(row, jv))];
        double[] expected = [.. Enumerable.Range(0, v.Length).Select(k => Enumerable.Range(0, outputs).Sum(i => jacobian[i][k] * hjv[i]))];
        Close(expected, [.. found[0], .. found[1]], 1e-12);
    }

    [Fact]
    public void The_third_derivative_is_right()
    {
        // sin(x)³ has gradient 3s²c, Hessian 6sc² − 3s³, third derivative 6c³ − 21s²c.
        double[] x = [0.3, -1.2, 2];
        double[] found = Values.Of(
            (_, t) =>
            {
                Tensor derivative = t[0].Sine().Power(3);
                for (int order = 0; order < 3; order++)
                {
                    derivative = Differentiate.Gradients(derivative.Sum(), t[0])[0];
                }

                return derivative;
            },
            (new Shape(3), x)
        );
        Close([.. x.Select(v => (6 * Math.Pow(Math.Cos(v), 3)) - (21 * Math.Pow(Math.Sin(v), 2) * Math.Cos(v)))], found, 1e-13);
    }

    [Fact]
    public void What_a_scalar_does_not_depend_on_has_gradient_zero()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Tensor scalar = x.Square().Sum();
        Tensor later = graph.Input("later", new Shape(3));
        graph.Output("by later", Differentiate.Gradients(scalar, later)[0]);
        graph.Output("by stopped", Differentiate.Gradients(x.StopGradient().Square().Sum() + x.Step().Sum(), x)[0]);
        graph.Output("by half stopped", Differentiate.Gradients((x * x.StopGradient()).Sum(), x)[0]);
        double[][] found = Values.Run(
            graph,
            [
                [2, 3],
                [0, 0, 0],
            ]
        );
        Assert.Equal([0, 0, 0], found[0]);
        Assert.Equal([0, 0], found[1]);
        Assert.Equal([2, 3], found[2]);
    }

    [Fact]
    public void A_variable_on_the_way_to_another_is_independent_of_it()
    {
        double[] found = Values.Of(
            (_, t) =>
            {
                Tensor middle = t[0] * 3;
                IReadOnlyList<Tensor> gradients = Differentiate.Gradients((middle.Square() + t[0]).Sum(), t[0], middle);
                return TensorOperations.Concatenate(0, gradients[0], gradients[1]);
            },
            (new Shape(1), [2.0])
        );
        Assert.Equal([1, 12], found);
    }

    [Fact]
    public void Calls_that_make_no_sense_say_why()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(2));
        Assert.Contains(
            "at least one variable",
            Assert.Throws<ArgumentException>(() => Differentiate.JacobianVectorProduct([x], [], [])).Message
        );
        Assert.Contains(
            "at least one output",
            Assert.Throws<ArgumentException>(() => Differentiate.VectorJacobianProduct([], [], [x])).Message
        );
        Assert.Contains(
            "1 vectors for 2 tensors",
            Assert.Throws<ArgumentException>(() => Differentiate.VectorJacobianProduct([x, x], [x], [x])).Message
        );
    }

    internal static HashSet<Tensor> Needed(IEnumerable<Tensor> outputs)
    {
        var needed = new HashSet<Tensor>();
        var pending = new Stack<Tensor>(outputs);
        while (pending.TryPop(out Tensor? tensor))
        {
            if (needed.Add(tensor))
            {
                foreach (Tensor input in tensor.Inputs)
                {
                    pending.Push(input);
                }
            }
        }

        return needed;
    }

    internal static void Close(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        double scale = 1 + expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - found[i]) <= tolerance * scale, $"[{i}]: expected {expected[i]:r}, found {found[i]:r}");
        }
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>A small smooth network of random sizes, its inputs in the order data, two parameters, their two directions.</summary>
    private sealed class Model
    {
        public Model(int seed)
        {
            var random = new Random(seed);
            (int n, int d, int h, int o) = (random.Next(1, 4), random.Next(1, 4), random.Next(1, 4), random.Next(1, 4));
            Shape[] shapes = [new(n, d), new(d, h), new(h, o), new(d, h), new(h, o)];
            Tensor[] x = [.. shapes.Select((shape, i) => Graph.Input($"x{i}", shape))];
            Values = [.. shapes.Select(shape => Kit.Values.Uniform(random, shape.Count))];
            Parameters = [x[1], x[2]];
            Directions = [x[3], x[4]];
            Hidden = x[0].MatrixMultiply(x[1]).Tanh();
            Output = Hidden.MatrixMultiply(x[2]).Sine();
            Loss = Output.LogSoftmax().Square().Mean() + Output.Exp().Sum();
        }

        public Graph Graph { get; } = new();

        public IReadOnlyList<Tensor> Parameters { get; }

        public IReadOnlyList<Tensor> Directions { get; }

        public Tensor Hidden { get; }

        public Tensor Output { get; }

        public Tensor Loss { get; }

        public double[][] Values { get; }

        public double[][] DirectionValues => Values[3..];

        public double[][] MovedBy(double step) =>
            [
                Values[0],
                .. Enumerable.Range(1, 2).Select(i => Values[i].Zip(Values[i + 2], (p, v) => p + (step * v)).ToArray()),
                Values[3],
                Values[4],
            ];

        public double[][] Run(IReadOnlyList<Tensor> tensors)
        {
            foreach ((Tensor tensor, int i) in tensors.Select((tensor, i) => (tensor, i)))
            {
                Graph.Output($"y{i}", tensor);
            }

            return Kit.Values.Run(Graph, Values);
        }
    }
}
