using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Part of a tensor along one axis: <c>Length</c> entries from <c>Start</c>.</summary>
internal sealed record Slice(int Axis, int Start, int Length) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return Axis >= 0 && Axis < x.Rank && Start >= 0 && Length > 0 && Length <= x[Axis] - Start
            ? x.With(Axis, Length)
            : throw Misfit($"axis {Axis} has no entries {Start}..{Start + Length - 1}", inputs);
    }

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        (int outer, int inner) = AxisSplit.Around(inputs.Shape(0), Axis);
        int extent = inputs.Shape(0)[Axis];
        for (int o = 0; o < outer; o++)
        {
            inputs[0].Slice(((o * extent) + Start) * inner, Length * inner).CopyTo(result[(o * Length * inner)..]);
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        Length == inputs[0].Shape[Axis] ? inputs[0]
        : inputs[0].Operation is Fill fill ? graph.Fill(fill.Value, inputs[0].Shape.With(Axis, Length))
        : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent.Pad(Axis, Start, node.Inputs[0].Shape[Axis] - Start - Length)];
}

/// <summary>The extents before and after an axis, as two products.</summary>
internal static class AxisSplit
{
    public static (int Outer, int Inner) Around(Shape shape, int axis)
    {
        int outer = 1;
        for (int i = 0; i < axis; i++)
        {
            outer *= shape[i];
        }

        return (outer, shape.Count / (outer * shape[axis]));
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// Takes <paramref name="length"/> entries along one axis (negative counts from the end), from <paramref name="start"/>.
    /// </summary>
    public static Tensor Slice(this Tensor x, int axis, int start, int length) => x.Graph.Apply(new Slice(Axis(x, axis), start, length), x);

    private static int Axis(Tensor x, int axis) => axis < 0 ? axis + x.Shape.Rank : axis;
}
