using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The quotient a / b.</summary>
internal sealed record Divide : BinaryOperation
{
    protected override T Apply<T>(T a, T b) => a / b;

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        if (inputs[1].Operation is Fill fill && fill.Value != 0)
        {
            return inputs[0] * (1 / fill.Value);
        }

        return IsFill(inputs[0], 1) ? inputs[1].Reciprocal()
            : IsFill(inputs[0], 0) ? inputs[0]
            : base.Simplify(graph, inputs);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent / node.Inputs[1], -(cotangent * node / node.Inputs[1])];
}

public static partial class TensorOperations
{
    /// <summary>The quotient a / b; element by element, shapes broadcast.</summary>
    public static Tensor Divide(this Tensor a, Tensor b) => Binary(new Divide(), a, b);
}
