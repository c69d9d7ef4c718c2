using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The largest value over axes, which are dropped. The derivative is shared equally by the places that attain it.</summary>
internal sealed record ReduceMaximum(AxisList Axes) : Operation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Sum.Reduced(this, Axes, inputs[0]);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        result.Fill(T.NegativeInfinity);
        var index = new IndexWalk(inputs.Shape(0).Extents, Sum.ResultStrides(inputs.Shape(0), Axes));
        for (int i = 0; i < x.Length; i++, index.Next())
        {
            result[index.Offset] = T.Max(result[index.Offset], x[i]);
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        int[] extents = x.Shape.Extents.ToArray();
        foreach (int axis in Axes)
        {
            extents[axis] = 1;
        }

        var kept = new Shape(extents);
        Tensor mask = x.Equal(node.Reshape(kept).BroadcastTo(x.Shape));
        Tensor count = mask.Sum([.. Axes]);
        return [(cotangent / count).Reshape(kept).BroadcastTo(x.Shape) * mask];
    }
}

public static partial class TensorOperations
{
    /// <summary>The largest value over the given axes, which are dropped; over all of them when none is given.</summary>
    public static Tensor Max(this Tensor x, params ReadOnlySpan<int> axes) =>
        x.Shape.Rank == 0 && axes.Length == 0 ? x : x.Graph.Apply(new ReduceMaximum(AxesOf(x, axes)), x);
}
