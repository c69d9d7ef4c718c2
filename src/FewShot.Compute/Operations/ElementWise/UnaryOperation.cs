using System.Numerics;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>A function of one number, applied to every element.</summary>
internal abstract record UnaryOperation : Operation
{
    protected abstract T Apply<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T>;

    internal sealed override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

    internal sealed override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[0];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Apply(x[i]);
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Operation is Fill fill ? graph.Fill(Apply(fill.Value), fill.Shape) : null;
}
