using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// The mean of squared differences from the mean over axes, which are dropped. An operation of its own for its derivative, 2(x −
/// mean)/count: differentiating the composition would also follow the mean inside, along a path that always sums to zero and costs a pass
/// over the data.
/// </summary>
internal sealed record Variance(AxisList Axes) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Sum.Reduced(this, Axes, inputs[0]);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        Shape shape = inputs.Shape(0);
        int[] strides = Sum.ResultStrides(shape, Axes);
        T scale = T.CreateChecked(result.Length) / T.CreateChecked(x.Length);
        var means = new T[result.Length];
        var index = new IndexWalk(shape.Extents, strides);
        for (int i = 0; i < x.Length; i++, index.Next())
        {
            means[index.Offset] += x[i] * scale;
        }

        result.Clear();
        index = new IndexWalk(shape.Extents, strides);
        for (int i = 0; i < x.Length; i++, index.Next())
        {
            T difference = x[i] - means[index.Offset];
            result[index.Offset] += difference * difference * scale;
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor x = node.Inputs[0];
        double scale = 2.0 * node.Shape.Count / x.Shape.Count;
        return [Spread(cotangent * scale, x.Shape) * Centred(x)];
    }

    /// <summary>The variance by operations that fuse with their neighbours, for running once no derivative is taken any more.</summary>
    internal Tensor Compose(Tensor x) => Centred(x).Square().Mean([.. Axes]);

    private Tensor Centred(Tensor x) => x - Spread(x.Mean([.. Axes]), x.Shape);

    private Tensor Spread(Tensor reduced, Shape shape)
    {
        int[] extents = shape.Extents.ToArray();
        foreach (int axis in Axes)
        {
            extents[axis] = 1;
        }

        // Leading axes broadcast by themselves; naming them would hide that the small tensor is a plain [channels].
        int leading = Axes.TakeWhile((axis, i) => axis == i).Count();
        return reduced.Reshape(new Shape(extents.AsSpan(leading))).BroadcastTo(shape);
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// The biased variance over the given axes, which are dropped; over all of them when none is given. Two passes, so no cancellation.
    /// </summary>
    public static Tensor Variance(this Tensor x, params ReadOnlySpan<int> axes) => x.Graph.Apply(new Variance(AxesOf(x, axes)), x);
}
