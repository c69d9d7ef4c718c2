using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The power xᵖ for a constant exponent.</summary>
internal sealed record Power(double Exponent) : UnaryOperation
{
    protected override T Apply<T>(T x) => T.Pow(x, T.CreateChecked(Exponent));

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        Exponent switch
        {
            0 => graph.Fill(1, inputs[0].Shape),
            1 => inputs[0],
            2 => inputs[0].Square(),
            _ => base.Simplify(graph, inputs),
        };

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent * node.Inputs[0].Power(Exponent - 1) * Exponent];
}

public static partial class TensorOperations
{
    /// <summary>The power of x to a constant exponent, element by element.</summary>
    public static Tensor Power(this Tensor x, double exponent) => x.Graph.Apply(new Power(exponent), x);
}
