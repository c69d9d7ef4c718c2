namespace FewShot.Compute.Graphs;

/// <summary>
/// What a node of a graph computes: a shape rule, a derivative rule and a meaning, all three in the operation's one file.
/// Operations are immutable values: two equal operations on the same inputs are the same node.
/// </summary>
/// <remarks>The set is closed under differentiation: every derivative rule is written with operations of the same set.</remarks>
public abstract record Operation
{
    /// <summary>The name printed in errors, dumps and profiles.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>The shape of the result, or a <see cref="ShapeException"/> naming the operation and the shapes.</summary>
    internal abstract Shape Infer(IReadOnlyList<Shape> inputs);

    /// <summary>
    /// The meaning: computes the result from the inputs, element by element. Run in double it is the definition of the operation; in
    /// float32 it serves where no faster kernel exists.
    /// </summary>
    internal abstract void Evaluate<T>(Operands<T> inputs, Span<T> result)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>;

    /// <summary>
    /// For each input the vector-Jacobian product with <paramref name="cotangent"/>; null where the derivative is zero everywhere.
    /// </summary>
    internal abstract Tensor?[] Differentiate(Tensor node, Tensor cotangent);

    /// <summary>An equal but cheaper tensor, or null. Called when the node is made, so identities hold from the start.</summary>
    internal virtual Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) => null;

    /// <summary>Where the function has corners or jumps: a check by differences must know on which side of them it is.</summary>
    internal virtual Smoothness Smoothness => Smoothness.Smooth;

    /// <summary>Multiply-adds of one evaluation: what <c>plan</c> counts. Zero for element-wise work.</summary>
    internal virtual long MultiplyAdds(Tensor node) => 0;

    internal ShapeException Misfit(string why, params IReadOnlyList<Shape> shapes) =>
        new($"{Name}: {why}; got {string.Join(" and ", shapes)}");
}

/// <summary>The values and shapes of an operation's inputs while it is evaluated.</summary>
internal readonly unsafe ref struct Operands<T>(T** values, IReadOnlyList<Tensor> tensors)
    where T : unmanaged
{
    private readonly T** _values = values;

    public ReadOnlySpan<T> this[int input] => new(_values[input], tensors[input].Shape.Count);

    public Shape Shape(int input) => tensors[input].Shape;

    public int Count => tensors.Count;
}
