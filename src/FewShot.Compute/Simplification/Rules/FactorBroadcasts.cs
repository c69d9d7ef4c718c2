using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// Repeated factors move to the outside of a product, where they meet other repeated factors and come out of sums: a·(b·x) = (a·b)·x for
/// repeated a and b, y·(a·x) = a·(x·y) otherwise. Division by a repeated value is multiplication by its reciprocal.
/// </summary>
internal static class FactorBroadcasts
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        switch (rewrite.Operation)
        {
            case Multiply:
                return Factor(rewrite.Inputs[0], rewrite.Inputs[1]) ?? Factor(rewrite.Inputs[1], rewrite.Inputs[0]);
            case Negate when Scaled(rewrite.Inputs[0]) is (var factor, var rest):
                return (-factor).Multiply(rest);
            case Divide when Rewrite.Repeated(rewrite.Inputs[1]) is { } divisor && Rewrite.Repeated(rewrite.Inputs[0]) is null:
                return rewrite.Inputs[0].Multiply(divisor.Reciprocal().BroadcastTo(rewrite.Node.Shape));
            default:
                return null;
        }
    }

    /// <summary>A product's repeated or constant factor and the rest.</summary>
    public static (Tensor Factor, Tensor Other)? Scaled(Tensor tensor) =>
        tensor.Operation is not Multiply ? null
        : IsFactor(tensor.Inputs[0]) ? (tensor.Inputs[0], tensor.Inputs[1])
        : IsFactor(tensor.Inputs[1]) ? (tensor.Inputs[1], tensor.Inputs[0])
        : null;

    private static bool IsFactor(Tensor tensor) => tensor.Operation is Fill || Rewrite.Repeated(tensor) is not null;

    private static Tensor? Factor(Tensor outer, Tensor product)
    {
        if (Scaled(product) is not (var factor, var rest))
        {
            return null;
        }

        if (!IsFactor(outer))
        {
            return factor.Multiply(outer.Multiply(rest));
        }

        return Together(outer, factor) is { } both ? both.Multiply(rest) : null;
    }

    /// <summary>The product of two factors, itself a factor; null for a row and a column.</summary>
    private static Tensor? Together(Tensor a, Tensor b)
    {
        Graph graph = a.Graph;
        Shape shape = a.Shape;
        switch (a.Operation, b.Operation)
        {
            case (Fill x, Fill y):
                return graph.Fill(x.Value * y.Value, shape);
            case (Fill x, _):
                return (b.Inputs[0] * x.Value).BroadcastTo(shape);
            case (_, Fill y):
                return (a.Inputs[0] * y.Value).BroadcastTo(shape);
            default:
                Shape? both = Shape.Broadcast(a.Inputs[0].Shape, b.Inputs[0].Shape);
                return both is not null && both.Count == Math.Max(a.Inputs[0].Shape.Count, b.Inputs[0].Shape.Count)
                    ? (a.Inputs[0] * b.Inputs[0]).BroadcastTo(shape)
                    : null;
        }
    }
}
