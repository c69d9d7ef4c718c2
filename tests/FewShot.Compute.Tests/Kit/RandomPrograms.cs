using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Tests.Kit;

/// <summary>A random graph and values for its inputs; a function of its seed and order only.</summary>
internal sealed record RandomProgram(int Seed, int Order, Graph Graph, IReadOnlyList<double[]> Inputs)
{
    public string Label => $"random program, seed {Seed}, differentiated {Order} times";
}

/// <summary>
/// Random valid programs over all operations, kept numerically tame: every value made is brought back to order one before it is used.
/// Differentiated on request, which brings in the operations that only derivatives use.
/// </summary>
internal static class RandomPrograms
{
    private const int Inputs = 3;
    private const int Operations = 14;

    public static RandomProgram Create(int seed, int order)
    {
        var random = new Random(seed);
        var maker = new Maker(random);
        maker.Given(Values.Shape(random, 4, 6));
        for (int i = 1; i < Inputs; i++)
        {
            maker.Given(Values.Shape(random, random.Next(0, 4), 5));
        }

        while (maker.Made < Operations)
        {
            maker.Step();
        }

        // What was made last, and at random what was made before, so that buffers die at different times.
        List<Tensor> outputs = [maker.Pool[^1], .. maker.Pool.Where(_ => random.Next(4) == 0)];
        Tensor scalar = maker.Pool.Aggregate(maker.Graph.Fill(0, Shape.Scalar), (sum, tensor) => sum + tensor.Square().Mean());
        for (int i = 0; i < order; i++)
        {
            IReadOnlyList<Tensor> gradients = Differentiate.Gradients(scalar, maker.Variables);
            outputs.AddRange(gradients);
            scalar = gradients.Aggregate(maker.Graph.Fill(0, Shape.Scalar), (sum, gradient) => sum + gradient.Tanh().Sum());
        }

        foreach ((Tensor tensor, int i) in outputs.Select((tensor, i) => (tensor, i)))
        {
            maker.Graph.Output($"y{i}", tensor);
        }

        return new RandomProgram(seed, order, maker.Graph, maker.Values);
    }

    private sealed class Maker(Random random)
    {
        public Graph Graph { get; } = new();

        public List<Tensor> Pool { get; } = [];

        /// <summary>The inputs that are not indices.</summary>
        public List<Tensor> Variables { get; } = [];

        public List<double[]> Values { get; } = [];

        public int Made { get; private set; }

        public Tensor Given(Shape shape)
        {
            Tensor tensor = Input(shape, Kit.Values.Uniform(random, shape.Count));
            Pool.Add(tensor);
            Variables.Add(tensor);
            return tensor;
        }

        /// <summary>Adds one more tensor, made by an operation drawn at random from those that take the tensor drawn.</summary>
        public void Step()
        {
            Tensor x = Pool[random.Next(Pool.Count)];
            if (Draw(x) is { } made && made.Shape.Count <= 4096)
            {
                Pool.Add(made);
                Made++;
            }
        }

        private Tensor? Draw(Tensor x) =>
            random.Next(36) switch
            {
                0 => x.Absolute(),
                1 => x + Like(x),
                2 => (x - Like(x)).Cosine(),
                3 => x / (Like(x).Square() + 0.5),
                4 => x.Tanh().Exp(),
                5 => (x.Square() + 0.5).Log(),
                6 => x.Maximum(Like(x)),
                7 => x.Minimum(Like(x)) * (1 - 2 * Like(x).Greater(x)),
                8 => (x * Like(x)).Sine(),
                9 => (x.Tanh() + 1.5).Power(1.7),
                10 => (x.Square() + 0.5).Reciprocal(),
                11 => (x.Square() + 0.5).ReciprocalSqrt() * -x,
                12 => x.Relu(),
                13 => x.Sigmoid() * x.Sign(),
                14 => x.Softplus(),
                15 => (x.Tanh().Square() + 0.1).Sqrt(),
                16 => x.Step().Select(Like(x), x.AsVariable()) * (x.StopGradient() - 0.25).Tanh(),
                17 => x.Equal(x.Maximum(Like(x))) * x,
                18 when Images(x) => x.MaxPool(random.Next(1, 3)),
                19 when Images(x) => x.AveragePool(random.Next(1, 3)),
                20 or 21 when x.Shape.Rank == 4 => Convolve(x),
                22 or 23 when x.Shape.Rank is 2 or 3 => MatrixMultiply(x),
                24 when x.Shape.Rank == 2 => PositiveDefinite(x).Cholesky(),
                25 when x.Shape.Rank == 2 => PositiveDefinite(x).Cholesky().TriangularSolve(x, random.Next(2) == 0).Tanh(),
                26 when x.Shape.Rank == 2 => PositiveDefinite(x).SpectralFunction(MatrixFunction.ExponentialIntegral(0.5)),
                27 or 28 when x.Shape.Rank > 0 => (random.Next(2) == 0 ? x.Sum(random.Next(x.Shape.Rank)) : x.Mean()).Sine(),
                29 when x.Shape.Rank > 0 => random.Next(2) == 0 ? x.Max(random.Next(x.Shape.Rank)) : x.Variance(random.Next(x.Shape.Rank)),
                30 when x.Shape.Rank < 4 => x.BroadcastTo(new Shape([random.Next(2, 4), .. x.Shape.Extents])),
                31 when x.Shape.Rank > 0 => TensorOperations.Concatenate(random.Next(x.Shape.Rank), x, Like(x), x.Sine()),
                32 when x.Shape.Rank > 0 => Rows(x),
                33 when x.Shape.Rank > 0 => Cut(x),
                34 => random.Next(2) == 0 ? x.Transpose() : Reshaped(x),
                35 => Rematerialize.Run(p => [p[0].Sine() * p[1].Sigmoid()], x, Like(x))[0],
                _ => null,
            };

        /// <summary>Another tensor of the shape: one made before if there is one, else a new input or constant, some broadcast.</summary>
        private Tensor Like(Tensor x)
        {
            Tensor[] known = [.. Pool.Where(tensor => tensor.Shape == x.Shape && tensor != x)];
            return (known.Length > 0 ? random.Next(3) : random.Next(1, 4)) switch
            {
                0 => known[random.Next(known.Length)],
                1 when x.Shape.Rank > 0 => Given(new Shape(x.Shape[-1])).BroadcastTo(x.Shape),
                2 => Graph.Constant(Kit.Values.Uniform(random, x.Shape.Count), x.Shape),
                3 => Graph.Fill(0.375, x.Shape),
                _ => Given(x.Shape),
            };
        }

        private static bool Images(Tensor x) => x.Shape.Rank == 4 && x.Shape[1] >= 2 && x.Shape[2] >= 2;

        private Tensor Convolve(Tensor x)
        {
            (int kh, int kw, int outputs) = (random.Next(1, x.Shape[1] + 1), random.Next(1, x.Shape[2] + 1), random.Next(1, 4));
            if (random.Next(2) == 0)
            {
                // The case that is rewritten as a convolution with turned weights, and has kernels of its own.
                kh = kw = 3;
            }

            (int stride, int padding) = (random.Next(1, 3), kh == 3 ? 1 : random.Next(2));
            return x.Shape[1] + (2 * padding) < kh || x.Shape[2] + (2 * padding) < kw
                ? x
                : (x.Convolve(Given(new Shape(kh, kw, x.Shape[3], outputs)), stride, padding) * 0.5).Tanh();
        }

        private Tensor MatrixMultiply(Tensor x)
        {
            (bool left, bool right) = (random.Next(2) == 0, random.Next(2) == 0);
            int inner = x.Shape[left ? -2 : -1];
            int columns = random.Next(1, 6);
            int[] own = right ? [columns, inner] : [inner, columns];
            return x.MatrixMultiply(Given(x.Shape.Rank == 3 ? new Shape([x.Shape[0], .. own]) : new Shape(own)), left, right).Sine();
        }

        private Tensor PositiveDefinite(Tensor x) =>
            x.MatrixMultiply(x, transposeB: true) * (1.0 / x.Shape[1]) + Graph.Identity(x.Shape[0]);

        private Tensor Rows(Tensor x)
        {
            var chosen = new Shape(random.Next(1, 5));
            Tensor rows = x.Gather(Input(chosen, Kit.Values.Whole(random, chosen.Count, x.Shape[0])));
            return x.Shape.Rank == 2 ? rows * Input(chosen, Kit.Values.Whole(random, chosen.Count, x.Shape[1])).OneHot(x.Shape[1]) : rows;
        }

        private Tensor Cut(Tensor x)
        {
            int axis = random.Next(x.Shape.Rank);
            int length = random.Next(1, x.Shape[axis] + 1);
            Tensor part = x.Slice(axis, random.Next(x.Shape[axis] - length + 1), length);
            return random.Next(2) == 0 ? part.Pad(axis, random.Next(2), random.Next(1, 3)) : part;
        }

        private Tensor Reshaped(Tensor x) =>
            x.Shape.Rank == 4 ? x.Reshape(x.Shape[0], -1)
            : x.Shape.Rank == 2 ? x.Reshape(1, x.Shape[0], x.Shape[1], 1)
            : x.Reshape(-1, 1);

        private Tensor Input(Shape shape, double[] values)
        {
            Values.Add(values);
            return Graph.Input($"x{Values.Count}", shape);
        }
    }
}
