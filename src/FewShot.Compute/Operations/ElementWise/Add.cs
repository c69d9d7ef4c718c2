using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The sum a + b.</summary>
internal sealed record Add : BinaryOperation
{
    protected override T Apply<T>(T a, T b) => a + b;

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        (Tensor a, Tensor b) = (inputs[0], inputs[1]);
        if (IsFill(a, 0))
        {
            return b;
        }

        if (IsFill(b, 0))
        {
            return a;
        }

        if (b.Operation is Negate)
        {
            return a.Subtract(b.Inputs[0]);
        }

        if (a.Operation is Negate)
        {
            return b.Subtract(a.Inputs[0]);
        }

        return base.Simplify(graph, inputs) ?? Ordered(graph, a, b);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent, cotangent];
}

public static partial class TensorOperations
{
    /// <summary>The sum a + b; element by element, shapes broadcast.</summary>
    public static Tensor Add(this Tensor a, Tensor b) => Binary(new Add(), a, b);
}
