using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Takes a where the mask is not zero, else b.</summary>
internal sealed record Select : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0] == inputs[1] && inputs[1] == inputs[2] ? inputs[0] : throw Misfit("shapes must be equal", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = inputs[0][i] != T.Zero ? inputs[1][i] : inputs[2][i];
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[1] == inputs[2] ? inputs[1]
        : inputs[0].Operation is Fill fill ? inputs[fill.Value != 0 ? 1 : 2]
        : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        Tensor zero = node.Graph.Fill(0, node.Shape);
        return [null, node.Inputs[0].Select(cotangent, zero), node.Inputs[0].Select(zero, cotangent)];
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// Takes <paramref name="a"/> where the mask is not zero, else <paramref name="b"/>; element by element. No broadcasting.
    /// </summary>
    public static Tensor Select(this Tensor mask, Tensor a, Tensor b) => mask.Graph.Apply(new Select(), mask, a, b);
}
