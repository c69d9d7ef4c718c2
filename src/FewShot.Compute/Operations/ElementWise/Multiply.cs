using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The product a · b.</summary>
internal sealed record Multiply : BinaryOperation
{
    protected override T Apply<T>(T a, T b) => a * b;

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        (Tensor a, Tensor b) = (inputs[0], inputs[1]);
        if (b.Operation is Fill)
        {
            (a, b) = (b, a);
        }

        if (a.Operation is Fill fill)
        {
            if (fill.Value == 0)
            {
                return a;
            }

            if (fill.Value == 1)
            {
                return b;
            }

            if (fill.Value == -1)
            {
                return b.Negate();
            }

            if (b.Operation is Multiply && b.Inputs[0].Operation is Fill inner)
            {
                return graph.Fill(fill.Value * inner.Value, a.Shape).Multiply(b.Inputs[1]);
            }

            if (b.Operation is Negate)
            {
                return graph.Fill(-fill.Value, a.Shape).Multiply(b.Inputs[0]);
            }
        }

        if (a == b)
        {
            return a.Square();
        }

        if (a.Operation is Negate)
        {
            return a.Inputs[0].Multiply(b).Negate();
        }

        if (b.Operation is Negate)
        {
            return a.Multiply(b.Inputs[0]).Negate();
        }

        return base.Simplify(graph, inputs)
            ?? (a.Operation is Fill ? (a == inputs[0] ? null : graph.Apply(this, a, b)) : Ordered(graph, a, b));
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * node.Inputs[1], cotangent * node.Inputs[0]];
}

public static partial class TensorOperations
{
    /// <summary>The product a · b; element by element, shapes broadcast.</summary>
    public static Tensor Multiply(this Tensor a, Tensor b) => Binary(new Multiply(), a, b);
}
