using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Joins tensors along one axis.</summary>
internal sealed record Concatenate(int Axis) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        if (inputs.Count == 0 || inputs.Any(shape => Axis < 0 || Axis >= shape.Rank || shape.With(Axis, 1) != inputs[0].With(Axis, 1)))
        {
            throw Misfit($"shapes must agree on every axis but {Axis}", inputs);
        }

        return inputs[0].With(Axis, inputs.Sum(shape => shape[Axis]));
    }

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        int total = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            total += inputs.Shape(i)[Axis];
        }

        int start = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            (int outer, int inner) = AxisSplit.Around(inputs.Shape(i), Axis);
            int extent = inputs.Shape(i)[Axis];
            for (int o = 0; o < outer; o++)
            {
                inputs[i].Slice(o * extent * inner, extent * inner).CopyTo(result[(((o * total) + start) * inner)..]);
            }

            start += extent;
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) => inputs.Count == 1 ? inputs[0] : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        var parts = new Tensor?[node.Inputs.Count];
        int start = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            int extent = node.Inputs[i].Shape[Axis];
            parts[i] = cotangent.Slice(Axis, start, extent);
            start += extent;
        }

        return parts;
    }
}

public static partial class TensorOperations
{
    /// <summary>Joins tensors along one axis (negative counts from the end); they agree on every other axis.</summary>
    public static Tensor Concatenate(int axis, params IReadOnlyList<Tensor> parts)
    {
        if (parts.Count == 0)
        {
            throw new ShapeException("Concatenate: nothing to join");
        }

        return parts[0].Graph.Apply(new Concatenate(Axis(parts[0], axis)), parts);
    }
}
