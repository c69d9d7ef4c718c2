using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Repeats a tensor along missing leading axes and axes of extent 1.</summary>
internal sealed record BroadcastTo(Shape Target) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        Target.Equals(Shape.Broadcast(inputs[0], Target)) ? Target : throw Misfit($"{inputs[0]} does not broadcast to {Target}", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        int[] strides = SourceStrides(inputs.Shape(0), Target);
        var index = new IndexWalk(Target.Extents, strides);
        for (int i = 0; i < result.Length; i++, index.Next())
        {
            result[i] = x[index.Offset];
        }
    }

    /// <summary>For each axis of the target, the stride of the source: 0 where it repeats.</summary>
    internal static int[] SourceStrides(Shape source, Shape target)
    {
        int[] own = source.Strides();
        int[] strides = new int[target.Rank];
        for (int i = 1; i <= source.Rank; i++)
        {
            strides[^i] = source[-i] == 1 ? 0 : own[^i];
        }

        return strides;
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Shape == Target ? inputs[0]
        : inputs[0].Operation is Fill fill ? graph.Fill(fill.Value, Target)
        : inputs[0].Operation is BroadcastTo ? inputs[0].Inputs[0].BroadcastTo(Target)
        : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent.SumTo(node.Inputs[0].Shape)];
}

public static partial class TensorOperations
{
    /// <summary>Repeats the tensor to a larger shape: trailing axes aligned, extents equal or 1.</summary>
    public static Tensor BroadcastTo(this Tensor x, Shape shape) => x.Graph.Apply(new BroadcastTo(shape), x);
}
