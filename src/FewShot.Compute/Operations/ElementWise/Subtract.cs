using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The difference a − b.</summary>
internal sealed record Subtract : BinaryOperation
{
    protected override T Apply<T>(T a, T b) => a - b;

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        (Tensor a, Tensor b) = (inputs[0], inputs[1]);
        if (a == b)
        {
            return graph.Fill(0, a.Shape);
        }

        if (IsFill(b, 0))
        {
            return a;
        }

        if (IsFill(a, 0))
        {
            return b.Negate();
        }

        return b.Operation is Negate ? a.Add(b.Inputs[0]) : base.Simplify(graph, inputs);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent, -cotangent];
}

public static partial class TensorOperations
{
    /// <summary>The difference a − b; element by element, shapes broadcast.</summary>
    public static Tensor Subtract(this Tensor a, Tensor b) => Binary(new Subtract(), a, b);
}
