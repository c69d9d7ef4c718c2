using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Reorders axes: axis i of the result is axis <c>Order[i]</c> of the input.</summary>
internal sealed record Transpose(AxisList Order) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        if (Order.Count != x.Rank || Order.Distinct().Count() != x.Rank || Order.Any(axis => axis < 0 || axis >= x.Rank))
        {
            throw Misfit($"order {Order} is no permutation of {x.Rank} axes", inputs);
        }

        return new Shape([.. Order.Select(axis => x[axis])]);
    }

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        Shape shape = inputs.Shape(0);
        int[] own = shape.Strides();
        int[] extents = [.. Order.Select(axis => shape[axis])];
        int[] strides = [.. Order.Select(axis => own[axis])];
        var index = new IndexWalk(extents, strides);
        for (int i = 0; i < result.Length; i++, index.Next())
        {
            result[i] = x[index.Offset];
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        if (Order.SequenceEqual(Enumerable.Range(0, Order.Count)))
        {
            return inputs[0];
        }

        return inputs[0].Operation switch
        {
            Fill fill => graph.Fill(fill.Value, Infer([fill.Shape])),
            Transpose inner => inputs[0].Inputs[0].Transpose([.. Order.Select(axis => inner.Order[axis])]),
            _ => null,
        };
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        int[] inverse = new int[Order.Count];
        for (int i = 0; i < inverse.Length; i++)
        {
            inverse[Order[i]] = i;
        }

        return [cotangent.Transpose(inverse)];
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// Reorders axes: axis i of the result is axis <c>order[i]</c> of the input. Without arguments the axes are reversed.
    /// </summary>
    public static Tensor Transpose(this Tensor x, params ReadOnlySpan<int> order) =>
        x.Graph.Apply(
            new Transpose(new AxisList(order.Length == 0 ? [.. Enumerable.Range(0, x.Shape.Rank).Reverse()] : order.ToArray())),
            x
        );
}
