using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Adds zeros before and after a tensor along one axis.</summary>
internal sealed record Pad(int Axis, int Before, int After) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        Axis >= 0 && Axis < inputs[0].Rank && Before >= 0 && After >= 0
            ? inputs[0].With(Axis, Before + inputs[0][Axis] + After)
            : throw Misfit($"cannot pad axis {Axis} by {Before} and {After}", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        (int outer, int inner) = AxisSplit.Around(inputs.Shape(0), Axis);
        int extent = inputs.Shape(0)[Axis];
        int padded = Before + extent + After;
        result.Clear();
        for (int o = 0; o < outer; o++)
        {
            inputs[0].Slice(o * extent * inner, extent * inner).CopyTo(result[(((o * padded) + Before) * inner)..]);
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) => Before == 0 && After == 0 ? inputs[0] : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent.Slice(Axis, Before, node.Inputs[0].Shape[Axis])];
}

public static partial class TensorOperations
{
    /// <summary>Adds zeros before and after along one axis (negative counts from the end).</summary>
    public static Tensor Pad(this Tensor x, int axis, int before, int after) => x.Graph.Apply(new Pad(Axis(x, axis), before, after), x);
}
