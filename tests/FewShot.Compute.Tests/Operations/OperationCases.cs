using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>A way to apply an operation to random arguments: what the tests that run over all operations take.</summary>
/// <param name="Operation">The type of the operation; the traced function must contain it.</param>
/// <param name="Arguments">Random arguments, away from singularities.</param>
/// <param name="Trace">Applies it. A new closure for each draw, so that it can hold what depends on the shapes.</param>
/// <param name="LinearIn">The arguments in which it is linear, one at a time.</param>
internal sealed record OperationCase(Type Operation, Argument[] Arguments, Func<Graph, Tensor[], Tensor> Trace, params int[] LinearIn)
{
    private static readonly Dictionary<Type, Func<Random, OperationCase>> s_all = new()
    {
        [typeof(Add)] = random => Binary<Add>(random, (a, b) => a + b, linear: []),
        [typeof(Cosine)] = random => Unary<Cosine>(random, x => x.Cosine(), -3, 3),
        [typeof(Divide)] = random => Binary<Divide>(random, (a, b) => a / b, 0.5, 2, linear: [0]),
        [typeof(Equal)] = random => Binary<Equal>(random, (a, b) => a.Equal(b), linear: []),
        [typeof(Greater)] = random => Binary<Greater>(random, (a, b) => a.Greater(b), linear: []),
        [typeof(Log)] = random => Unary<Log>(random, x => x.Log(), 0.5, 3),
        [typeof(Maximum)] = random => Binary<Maximum>(random, (a, b) => a.Maximum(b), linear: []),
        [typeof(Minimum)] = random => Binary<Minimum>(random, (a, b) => a.Minimum(b), linear: []),
        [typeof(Multiply)] = random => Binary<Multiply>(random, (a, b) => a * b, linear: [0, 1]),
        [typeof(Negate)] = random => Unary<Negate>(random, x => -x, linear: [0]),
        [typeof(Power)] = random => Unary<Power>(random, x => x.Power(2.7), 0.5, 2),
        [typeof(Reciprocal)] = random => Unary<Reciprocal>(random, x => x.Reciprocal(), 0.5, 2),
        [typeof(ReciprocalSqrt)] = random => Unary<ReciprocalSqrt>(random, x => x.ReciprocalSqrt(), 0.5, 2),
        [typeof(Sigmoid)] = random => Unary<Sigmoid>(random, x => x.Sigmoid(), -4, 4),
        [typeof(Sine)] = random => Unary<Sine>(random, x => x.Sine(), -3, 3),
        [typeof(Softplus)] = random => Unary<Softplus>(random, x => x.Softplus(), -4, 4),
        [typeof(Sqrt)] = random => Unary<Sqrt>(random, x => x.Sqrt(), 0.5, 2),
        [typeof(Subtract)] = random => Binary<Subtract>(random, (a, b) => a - b, linear: []),
        [typeof(Tanh)] = random => Unary<Tanh>(random, x => x.Tanh(), -2, 2),
        [typeof(Select)] = random =>
        {
            Shape shape = Values.Shape(random, 2);
            return new(
                typeof(Select),
                [Whole(random, shape, 2), Uniform(random, shape), Uniform(random, shape)],
                (_, x) => x[0].Select(x[1], x[2])
            );
        },
        [typeof(AveragePool)] = random => Images<AveragePool>(random, (window, x) => x.AveragePool(window)),
        [typeof(AverageUnpool)] = random =>
        {
            (Shape images, int window) = Windows(random);
            Shape pooled = new AveragePool(window).Infer([images]);
            return new(
                typeof(AverageUnpool),
                [Uniform(random, pooled)],
                (graph, x) => graph.Apply(new AverageUnpool(window, images), x[0]),
                0
            );
        },
        [typeof(MaxPoolSelect)] = random =>
        {
            (Shape images, int window) = Windows(random);
            return random.Next(2) == 0
                ? new(typeof(MaxPoolSelect), [Uniform(random, images)], (_, x) => x[0].MaxPool(window))
                : new(
                    typeof(MaxPoolSelect),
                    [Uniform(random, images), Uniform(random, images)],
                    (graph, x) => graph.Apply(new MaxPoolSelect(window), x[0], x[1]),
                    0
                );
        },
        [typeof(MaxUnpool)] = random =>
        {
            (Shape images, int window) = Windows(random);
            Shape pooled = new AveragePool(window).Infer([images]);
            return new(
                typeof(MaxUnpool),
                [Uniform(random, pooled), Uniform(random, images)],
                (graph, x) => graph.Apply(new MaxUnpool(window), x[0], x[1]),
                0
            );
        },
        [typeof(MatrixProduct)] = random =>
        {
            (int batch, int m, int k, int n) = (random.Next(0, 3), random.Next(1, 5), random.Next(1, 5), random.Next(1, 5));
            (bool left, bool right) = (random.Next(2) == 0, random.Next(2) == 0);
            int[] leading = batch == 0 ? [] : [batch];
            int[] a = left ? [k, m] : [m, k];
            int[] b = right ? [n, k] : [k, n];
            return new(
                typeof(MatrixProduct),
                [Uniform(random, new Shape([.. leading, .. a])), Uniform(random, new Shape([.. leading, .. b]))],
                (_, x) => x[0].MatrixMultiply(x[1], left, right),
                0,
                1
            );
        },
        [typeof(Convolution)] = random =>
        {
            ConvolutionGeometry g = Geometry(random);
            return new(
                typeof(Convolution),
                [Uniform(random, g.Images), Uniform(random, g.Weights)],
                (_, x) => x[0].Convolve(x[1], g.Stride, g.Padding),
                0,
                1
            );
        },
        [typeof(ConvolutionDataGradient)] = random =>
        {
            ConvolutionGeometry g = Geometry(random);
            return new(
                typeof(ConvolutionDataGradient),
                [Uniform(random, g.Results), Uniform(random, g.Weights)],
                (graph, x) => graph.Apply(new ConvolutionDataGradient(g.Stride, g.Padding, g.H, g.W), x[0], x[1]),
                0,
                1
            );
        },
        [typeof(ConvolutionWeightGradient)] = random =>
        {
            ConvolutionGeometry g = Geometry(random);
            return new(
                typeof(ConvolutionWeightGradient),
                [Uniform(random, g.Images), Uniform(random, g.Results)],
                (graph, x) => graph.Apply(new ConvolutionWeightGradient(g.Stride, g.Padding, g.Kh, g.Kw), x[0], x[1]),
                0,
                1
            );
        },
        [typeof(TurnWeights)] = random =>
            new(typeof(TurnWeights), [Uniform(random, Values.Shape(random, 4, 3))], (graph, x) => graph.Apply(new TurnWeights(), x[0]), 0),
        [typeof(Cholesky)] = random =>
        {
            int n = random.Next(1, 5);
            return new(typeof(Cholesky), [Uniform(random, new Shape(n, n))], (_, x) => PositiveDefinite(x[0]).Cholesky());
        },
        [typeof(TriangularSolve)] = random =>
        {
            (int n, int m) = (random.Next(1, 5), random.Next(1, 4));
            bool transposed = random.Next(2) == 0;
            return new(
                typeof(TriangularSolve),
                [Uniform(random, new Shape(n, n)), Uniform(random, new Shape(n, m))],
                (graph, x) => (x[0] + graph.Identity(n) * 3).TriangularSolve(x[1], transposed),
                1
            );
        },
        [typeof(SpectralFunction)] = random =>
        {
            int n = random.Next(1, 5);
            Argument[] arguments = [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Uniform(random, new Shape(n, n)))];
            MatrixFunction function = random.Next(4) switch
            {
                0 => MatrixFunction.ExponentialIntegral(0.7),
                1 => MatrixFunction.Logarithm,
                2 => MatrixFunction.InverseSquareRoot,
                _ => MatrixFunction.Inverse,
            };
            return new(
                typeof(SpectralFunction),
                arguments,
                (graph, x) => graph.Apply(new SpectralFunction(function), [PositiveDefinite(x[0]), .. x[1..]]),
                [.. Enumerable.Range(1, arguments.Length - 1)]
            );
        },
        [typeof(Sum)] = random => Reduction<Sum>(random, (x, axes) => x.Sum(axes), linear: [0]),
        [typeof(ReduceMaximum)] = random => Reduction<ReduceMaximum>(random, (x, axes) => x.Max(axes), linear: []),
        [typeof(Variance)] = random => Reduction<Variance>(random, (x, axes) => x.Variance(axes), linear: []),
        [typeof(BroadcastTo)] = random =>
        {
            Shape target = Values.Shape(random, 3);
            Shape source = random.Next(2) == 0 ? new Shape(target[1], 1) : new Shape(1, target[1], target[2]);
            target = target.Equals(source) ? new Shape(target[0] + 1, target[1], target[2]) : target;
            return new(typeof(BroadcastTo), [Uniform(random, source)], (_, x) => x[0].BroadcastTo(target), 0);
        },
        [typeof(Concatenate)] = random =>
        {
            Shape shape = Values.Shape(random, 3);
            int axis = random.Next(3);
            return new(
                typeof(Concatenate),
                [Uniform(random, shape), Uniform(random, shape.With(axis, random.Next(1, 4))), Uniform(random, shape)],
                (_, x) => TensorOperations.Concatenate(axis, x)
            );
        },
        [typeof(Gather)] = random =>
        {
            Shape shape = Values.Shape(random, random.Next(1, 4));
            return new(
                typeof(Gather),
                [Uniform(random, shape), Whole(random, new Shape(random.Next(1, 6)), shape[0])],
                (_, x) => x[0].Gather(x[1]),
                0
            );
        },
        [typeof(ScatterAdd)] = random =>
        {
            Shape shape = Values.Shape(random, random.Next(1, 4));
            int rows = random.Next(1, 6);
            return new(
                typeof(ScatterAdd),
                [Uniform(random, shape), Whole(random, new Shape(shape[0]), rows)],
                (graph, x) => graph.Apply(new ScatterAdd(rows), x[0], x[1]),
                0
            );
        },
        [typeof(OneHot)] = random =>
            new(typeof(OneHot), [Whole(random, new Shape(4), 3), Uniform(random, new Shape(4, 3))], (_, x) => x[0].OneHot(3) * x[1], 1),
        [typeof(Pad)] = random =>
        {
            (int axis, int before, int after) = (random.Next(3), random.Next(3), random.Next(1, 3));
            return new(typeof(Pad), [Uniform(random, Values.Shape(random, 3))], (_, x) => x[0].Pad(axis, before, after), 0);
        },
        [typeof(Slice)] = random =>
        {
            (int axis, int start, int length) = (random.Next(3), random.Next(2), random.Next(1, 3));
            Shape shape = Values.Shape(random, 3).With(axis, start + length + random.Next(1, 3));
            return new(typeof(Slice), [Uniform(random, shape)], (_, x) => x[0].Slice(axis, start, length), 0);
        },
        [typeof(Variable)] = random => new(typeof(Variable), [Uniform(random, Values.Shape(random, 2))], (_, x) => x[0].AsVariable(), 0),
        [typeof(Reshape)] = random =>
        {
            Shape shape = Values.Shape(random, 3);
            return new(typeof(Reshape), [Uniform(random, shape)], (_, x) => x[0].Reshape(shape.Count), 0);
        },
        [typeof(Transpose)] = random =>
        {
            int[] order = [.. Enumerable.Range(0, random.Next(2, 5)).Reverse()];
            random.Shuffle(order.AsSpan(1));
            return new(typeof(Transpose), [Uniform(random, Values.Shape(random, order.Length, 3))], (_, x) => x[0].Transpose(order), 0);
        },
        [typeof(SegmentOutput)] = random =>
            new(
                typeof(SegmentOutput),
                [Uniform(random, Values.Shape(random, 2))],
                (_, x) => Rematerialize.Run(p => [p[0].Sine() * p[0]], x[0])[0]
            ),
    };

    /// <summary>
    /// Operations a general check cannot take: leaves, which compute nothing; and the identities that are there not to have the derivative
    /// of one, or to wait. They have tests of their own.
    /// </summary>
    public static readonly IReadOnlyList<Type> WithoutCase =
    [
        typeof(Input),
        typeof(Probe),
        typeof(Fill),
        typeof(Constant),
        typeof(StopGradient),
        typeof(After),
    ];

    public static IEnumerable<Type> Types =>
        s_all.Keys.Concat(
            ElementWiseTable.Rows.Select(row => row.Operation).Where(operation => IsUnary(operation) && !s_all.ContainsKey(operation))
        );

    public static OperationCase Of(Type operation, int seed)
    {
        var random = new Random(seed);

        // The first draws of small seeds are alike.
        random.Next();
        return s_all.TryGetValue(operation, out Func<Random, OperationCase>? known) ? known(random) : Unary(operation, random);
    }

    private static bool IsUnary(Type operation) =>
        operation.IsSubclassOf(typeof(UnaryOperation)) && operation.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>A function of one number that is defined between -1 and 1 needs no case of its own.</summary>
    private static OperationCase Unary(Type operation, Random random) =>
        new(
            operation,
            [Uniform(random, Values.Shape(random, random.Next(0, 4)))],
            (graph, x) => graph.Apply((Operation)Activator.CreateInstance(operation)!, x[0])
        );

    public static Tensor PositiveDefinite(Tensor x) => x.MatrixMultiply(x, transposeB: true) + x.Graph.Identity(x.Shape[0]);

    private static Argument Uniform(Random random, Shape shape, double low = -1, double high = 1) =>
        new(shape, Values.Uniform(random, shape.Count, low, high));

    private static Argument Whole(Random random, Shape shape, int limit) => new(shape, Values.Whole(random, shape.Count, limit), false);

    private static OperationCase Unary<T>(
        Random random,
        Func<Tensor, Tensor> apply,
        double low = -1,
        double high = 1,
        params int[] linear
    ) => new(typeof(T), [Uniform(random, Values.Shape(random, random.Next(0, 4)), low, high)], (_, x) => apply(x[0]), linear);

    private static OperationCase Binary<T>(
        Random random,
        Func<Tensor, Tensor, Tensor> apply,
        double low = -1,
        double high = 1,
        params int[] linear
    )
    {
        Shape shape = Values.Shape(random, 3);
        Shape other = random.Next(3) switch
        {
            0 => shape,
            1 => new Shape(shape[1], shape[2]),
            _ => new Shape(shape[0], 1, 1),
        };
        return new(typeof(T), [Uniform(random, shape, low, high), Uniform(random, other, low, high)], (_, x) => apply(x[0], x[1]), linear);
    }

    private static OperationCase Reduction<T>(Random random, Func<Tensor, int[], Tensor> apply, params int[] linear)
    {
        var shape = new Shape(random.Next(2, 4), random.Next(2, 4), random.Next(2, 4));
        int[] axes = [0, 1, 2];
        random.Shuffle(axes);
        axes = axes[..random.Next(1, 4)];
        return new(typeof(T), [Uniform(random, shape)], (_, x) => apply(x[0], axes), linear);
    }

    private static (Shape Images, int Window) Windows(Random random)
    {
        int window = random.Next(1, 4);
        return (new Shape(random.Next(1, 3), window + random.Next(0, 4), window + random.Next(0, 4), random.Next(1, 3)), window);
    }

    private static OperationCase Images<T>(Random random, Func<int, Tensor, Tensor> apply)
    {
        (Shape images, int window) = Windows(random);
        return new(typeof(T), [Uniform(random, images)], (_, x) => apply(window, x[0]), 0);
    }

    public static ConvolutionGeometry Geometry(Random random)
    {
        (int kh, int kw) = (random.Next(1, 4), random.Next(1, 4));
        return new ConvolutionGeometry(
            random.Next(1, 3),
            kh + random.Next(0, 3),
            kw + random.Next(0, 3),
            random.Next(1, 3),
            random.Next(1, 3),
            kh,
            kw,
            random.Next(1, 3),
            random.Next(0, 3)
        );
    }
}
