using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The sum over axes, which are dropped.</summary>
internal sealed record Sum(AxisList Axes) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Kept(inputs[0]);

    private Shape Kept(Shape x) => Reduced(this, Axes, x);

    /// <summary>The shape that is left when axes are dropped.</summary>
    internal static Shape Reduced(Operation operation, AxisList axes, Shape x) =>
        axes.Count == 0 || axes.Any(axis => axis < 0 || axis >= x.Rank) || axes.Distinct().Count() != axes.Count
            ? throw operation.Misfit($"axes {axes} are not distinct axes", x)
            : new Shape([.. Enumerable.Range(0, x.Rank).Where(axis => !axes.Contains(axis)).Select(axis => x[axis])]);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        result.Clear();
        var index = new IndexWalk(inputs.Shape(0).Extents, ResultStrides(inputs.Shape(0), Axes));
        for (int i = 0; i < x.Length; i++, index.Next())
        {
            result[index.Offset] += x[i];
        }
    }

    /// <summary>For each axis of the input, the stride of the result: 0 along the axes that are reduced.</summary>
    internal static int[] ResultStrides(Shape x, IReadOnlyList<int> axes)
    {
        int[] strides = new int[x.Rank];
        int stride = 1;
        for (int axis = x.Rank - 1; axis >= 0; axis--)
        {
            if (!axes.Contains(axis))
            {
                strides[axis] = stride;
                stride *= x[axis];
            }
        }

        return strides;
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        Tensor x = inputs[0];
        int count = Axes.Aggregate(1, (product, axis) => product * x.Shape[axis]);
        if (count == 1)
        {
            return x.Reshape(Kept(x.Shape));
        }

        switch (x.Operation)
        {
            case Fill fill:
                return graph.Fill(fill.Value * count, Kept(x.Shape));
            case Negate:
                return x.Inputs[0].Sum([.. Axes]).Negate();
            case BroadcastTo when Constancy(x) is { } kept:
                return kept * count;
            case Multiply:
                // A factor that does not vary along the summed axes comes out of the sum: it then multiplies a small tensor, not a large
                // one.
                if (Constancy(x.Inputs[0]) is { } first)
                {
                    return first * x.Inputs[1].Sum([.. Axes]);
                }

                return Constancy(x.Inputs[1]) is { } second ? x.Inputs[0].Sum([.. Axes]) * second : null;
            default:
                return null;
        }
    }

    /// <summary>The tensor's value over the kept axes when it does not vary along the summed ones, else null.</summary>
    private Tensor? Constancy(Tensor x)
    {
        if (x.Operation is Fill fill)
        {
            return x.Graph.Fill(fill.Value, Kept(x.Shape));
        }

        if (x.Operation is not BroadcastTo)
        {
            return null;
        }

        Tensor source = x.Inputs[0];
        int missing = x.Shape.Rank - source.Shape.Rank;
        if (Axes.Any(axis => axis >= missing && source.Shape[axis - missing] != 1))
        {
            return null;
        }

        int[] kept =
        [
            .. Enumerable.Range(0, source.Shape.Rank).Where(axis => !Axes.Contains(axis + missing)).Select(axis => source.Shape[axis]),
        ];
        return source.Reshape(new Shape(kept)).BroadcastTo(Kept(x.Shape));
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Shape x = node.Inputs[0].Shape;
        return [cotangent.Reshape(WithOnes(x)).BroadcastTo(x)];
    }

    private Shape WithOnes(Shape x)
    {
        int[] extents = x.Extents.ToArray();
        foreach (int axis in Axes)
        {
            extents[axis] = 1;
        }

        return new Shape(extents);
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// The sum over the given axes (negative count from the end), which are dropped; over all of them when none is given.
    /// </summary>
    public static Tensor Sum(this Tensor x, params ReadOnlySpan<int> axes) =>
        x.Shape.Rank == 0 && axes.Length == 0 ? x : x.Graph.Apply(new Sum(AxesOf(x, axes)), x);

    /// <summary>The mean over the given axes, which are dropped; over all of them when none is given.</summary>
    public static Tensor Mean(this Tensor x, params ReadOnlySpan<int> axes)
    {
        Tensor sum = x.Sum(axes);
        return sum * ((double)sum.Shape.Count / x.Shape.Count);
    }

    /// <summary>
    /// The sum over the axes along which <paramref name="shape"/> broadcasts to the tensor's shape: the transpose of broadcasting.
    /// </summary>
    public static Tensor SumTo(this Tensor x, Shape shape)
    {
        if (!x.Shape.Equals(Shape.Broadcast(shape, x.Shape)))
        {
            throw new ShapeException($"SumTo: {shape} does not broadcast to the tensor's shape; got {x.Shape} and {shape}");
        }

        int missing = x.Shape.Rank - shape.Rank;
        int[] axes =
        [
            .. Enumerable.Range(0, x.Shape.Rank).Where(axis => axis < missing || (shape[axis - missing] == 1 && x.Shape[axis] != 1)),
        ];
        return axes.Length == 0 ? x : x.Sum(axes).Reshape(shape);
    }

    private static AxisList AxesOf(Tensor x, ReadOnlySpan<int> axes)
    {
        int[] positive = axes.Length == 0 ? [.. Enumerable.Range(0, x.Shape.Rank)] : axes.ToArray();
        for (int i = 0; i < positive.Length; i++)
        {
            positive[i] = Axis(x, positive[i]);
        }

        Array.Sort(positive);
        return new AxisList(positive);
    }
}
