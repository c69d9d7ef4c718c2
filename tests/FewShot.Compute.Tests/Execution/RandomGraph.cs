using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Tests.Execution;

/// <summary>Small random programs over all operations, with values kept in a range where float32 and double agree.</summary>
internal sealed class RandomGraph
{
    private readonly Random _random;
    private readonly Graph _graph = new();
    private readonly List<Tensor> _tensors = [];

    private RandomGraph(int seed) => _random = new Random(seed);

    public static Graph Make(int seed, int operations)
    {
        var made = new RandomGraph(seed);
        made.Build(operations);
        return made._graph;
    }

    private void Build(int operations)
    {
        for (int i = 0; i < 4; i++)
        {
            _tensors.Add(_graph.Input($"x{i}", Images()));
        }

        _tensors.Add(_graph.Input("row", new Shape(_tensors[0].Shape[-1])));
        _tensors.Add(_graph.Input("number", Shape.Scalar));
        Tensor[] inputs = [.. _tensors];
        for (int i = 0; i < operations; i++)
        {
            Tensor? made = Operate(Any());
            if (made is not null && made.Shape.Count <= 4096)
            {
                _tensors.Add(made);
            }
        }

        Tensor loss = Any().Tanh().Sum() + Any().Square().Mean() + _tensors[^1].Sum();
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, inputs);
        for (int i = 0; i < inputs.Length; i++)
        {
            _graph.Output($"gradient {i}", gradients[i]);
        }

        _graph.Output("loss", loss);
        for (int i = 0; i < 3; i++)
        {
            _graph.Output($"output {i}", Any());
        }
    }

    private Shape Images() => new(_random.Next(1, 4), _random.Next(2, 8), _random.Next(2, 8), _random.Next(1, 6));

    private Tensor Any() => _tensors[_random.Next(_tensors.Count)];

    private Tensor? Operate(Tensor x)
    {
        Shape s = x.Shape;
        switch (_random.Next(34))
        {
            case 0:
                return x.Tanh();
            case 1:
                return x.Sigmoid() * 2;
            case 2:
                return x.Relu();
            case 3:
                return (x.Square() + 0.5).Log();
            case 4:
                return (x.Square() + 0.5).ReciprocalSqrt();
            case 5:
                return (x.Absolute() + 0.7).Reciprocal();
            case 6:
                return (x * 0.5).Tanh().Exp();
            case 7:
                return x.Sine();
            case 8:
                return x.Cosine();
            case 9:
                return x.Softplus();
            case 10:
                return (x.Absolute() + 0.3).Power(1.5).Tanh();
            case 11:
                return (x.Square() + 0.1).Sqrt();
            case 12:
                return Like(x) is { } a ? x - a : null;
            case 13:
                return Like(x) is { } b ? (x * b).Tanh() : null;
            case 14:
                return Like(x) is { } c ? x + c : null;
            case 15:
                return Like(x) is { } d ? x / (d.Square() + 1) : null;
            case 16:
                return Like(x) is { } e ? x.Maximum(e.BroadcastTo(s)) : null;
            case 17:
                return Like(x) is { } f ? x.Sign().Select(f.BroadcastTo(s), -x) : null;
            case 18:
                return Like(x) is { } g ? x.Minimum(g.BroadcastTo(s)) * x.Step() : null;
            case 19:
                return s.Rank > 0 ? x.Mean(Axes(s)) : null;
            case 20:
                return s.Rank > 0 ? x.Sum(Axes(s)).Tanh() : null;
            case 21:
                return s.Rank > 0 ? x.Max(-1) : null;
            case 22:
                return s.Rank == 4 && s[1] > 1 && s[2] > 1 ? x.MaxPool(2) : null;
            case 23:
                return s.Rank == 4 && s[1] > 1 && s[2] > 1 ? x.AveragePool(2) : null;
            case 24:
                return s.Rank == 4 ? Convolve(x) : null;
            case 25:
                return s.Rank >= 2 ? Product(x) : null;
            case 26:
                return s.Rank >= 2 ? x.Transpose([.. Enumerable.Range(0, s.Rank).OrderBy(_ => _random.Next())]) : null;
            case 27:
                return s.Rank > 0 ? Part(x) : null;
            case 28:
                return s.Rank > 0 ? x.Pad(_random.Next(s.Rank), _random.Next(2), _random.Next(3)) : null;
            case 29:
                return s.Rank > 0 ? TensorOperations.Concatenate(_random.Next(s.Rank), x, x * 0.5) : null;
            case 30:
                return x.Reshape(-1, s.Rank > 0 ? s[-1] : 1);
            case 31:
                return s.Rank > 0 ? Normalised(x) : null;
            case 32:
                return s.Rank == 2 ? x.Softmax() : null;
            default:
                return Rematerialize.Run(p => [p[0].Tanh() * p[1].Square().Mean()], x, Any())[0];
        }
    }

    /// <summary>A tensor that broadcasts to another.</summary>
    private Tensor? Like(Tensor x)
    {
        Tensor[] found = [.. _tensors.Where(other => x.Shape.Equals(Shape.Broadcast(other.Shape, x.Shape)))];
        Tensor other = found[_random.Next(found.Length)];
        return other == x ? other.Sine() : other;
    }

    private int[] Axes(Shape shape)
    {
        int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(_ => _random.Next(2) == 0)];
        return axes.Length > 0 ? axes : [_random.Next(shape.Rank)];
    }

    private Tensor Convolve(Tensor x)
    {
        int outputs = _random.Next(1, 9);
        int side = _random.Next(1, 1 + Math.Min(3, Math.Min(x.Shape[1], x.Shape[2])));
        Tensor weights =
            Number().BroadcastTo(new Shape(side, side, x.Shape[3], outputs)) * Wave(new Shape(side, side, x.Shape[3], outputs));
        return x.Convolve(weights, _random.Next(1, 3), _random.Next(side)).Tanh();
    }

    private Tensor Product(Tensor x)
    {
        Tensor a = x.Reshape(-1, x.Shape[-1]);
        int outputs = _random.Next(1, 7);
        return _random.Next(3) switch
        {
            0 => a.MatrixMultiply(Wave(new Shape(a.Shape[1], outputs)) * Number()),
            1 => a.MatrixMultiply(Wave(new Shape(outputs, a.Shape[1])), transposeB: true),
            _ => a.MatrixMultiply(a * Number(), transposeA: true).Tanh(),
        };
    }

    private Tensor Part(Tensor x)
    {
        int axis = _random.Next(x.Shape.Rank);
        int length = _random.Next(1, x.Shape[axis] + 1);
        return x.Slice(axis, _random.Next(x.Shape[axis] - length + 1), length);
    }

    private static Tensor Normalised(Tensor x)
    {
        int[] axes = x.Shape.Rank == 1 ? [0] : [.. Enumerable.Range(0, x.Shape.Rank - 1)];
        Tensor centred = x - x.Mean(axes);
        return centred * (centred.Square().Mean(axes) + 0.1).ReciprocalSqrt();
    }

    private Tensor Number() => _tensors.First(tensor => tensor.Shape.Rank == 0);

    private Tensor Wave(Shape shape)
    {
        double[] values = new double[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)Math.Sin((i * 1.7) + 0.3);
        }

        return _graph.Constant(values, shape);
    }
}
