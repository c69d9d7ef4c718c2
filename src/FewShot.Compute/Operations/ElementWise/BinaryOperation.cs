using System.Numerics;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>A function of two numbers, applied to the elements of two tensors of one shape (broadcasting is a node of its own).</summary>
internal abstract record BinaryOperation : Operation
{
    protected abstract T Apply<T>(T a, T b)
        where T : unmanaged, IFloatingPointIeee754<T>;

    internal sealed override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0] == inputs[1] ? inputs[0] : throw Misfit("shapes must be equal or broadcast", inputs);

    internal sealed override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> a = inputs[0];
        ReadOnlySpan<T> b = inputs[1];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Apply(a[i], b[i]);
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Operation is Fill a && inputs[1].Operation is Fill b ? graph.Fill(Apply(a.Value, b.Value), a.Shape) : null;

    protected static bool IsFill(Tensor tensor, double value) => tensor.Operation is Fill fill && fill.Value == value;

    /// <summary>Puts the operands of a commutative operation into one order, so that a+b and b+a are one node.</summary>
    protected Tensor? Ordered(Graph graph, Tensor a, Tensor b) => a.Id > b.Id ? graph.Apply(this, b, a) : null;
}
