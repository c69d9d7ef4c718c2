using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// Marks a value that is differentiated: the identity, through which no other operation's identities look. Gone before a program runs.
/// </summary>
internal sealed record Variable : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => inputs[0].CopyTo(result);

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) => inputs[0].Operation is Variable ? inputs[0] : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent];
}

public static partial class TensorOperations
{
    /// <summary>
    /// Makes a variable of its own of a value, to be differentiated by. Tracing folds identities: a product with a transposed matrix is a
    /// product with the matrix itself, and a sum with zero is the other term, so what is computed from a transposition, a multiple or a
    /// constant may not be computed from that tensor at all. Nothing folds a variable away. It costs nothing when the program runs.
    /// </summary>
    /// <returns>A tensor of the same shape and value, whose derivative passes on to this one.</returns>
    public static Tensor AsVariable(this Tensor x) => x.Graph.Apply(new Variable(), x);
}
