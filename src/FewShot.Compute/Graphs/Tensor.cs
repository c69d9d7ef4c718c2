namespace FewShot.Compute.Graphs;

/// <summary>
/// A symbolic tensor: a node of a <see cref="Graph"/>, of known shape and unknown value. Values exist only when a program made from the
/// graph runs. Immutable; not thread-safe while its graph is being built.
/// </summary>
public sealed class Tensor
{
    internal Tensor(Graph graph, int id, Operation operation, IReadOnlyList<Tensor> inputs, Shape shape, string scope)
    {
        Graph = graph;
        Id = id;
        Operation = operation;
        Inputs = inputs;
        Shape = shape;
        Scope = scope;
    }

    /// <summary>The graph the tensor belongs to.</summary>
    public Graph Graph { get; }

    /// <summary>Position in the graph's order of creation; inputs always come before.</summary>
    public int Id { get; }

    /// <summary>The operation that computes the tensor.</summary>
    public Operation Operation { get; }

    /// <summary>The tensors that it is computed from.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>The extents of the tensor.</summary>
    public Shape Shape { get; }

    /// <summary>The part of the traced computation that made the tensor, for dumps and profiles (<c>inner step 2</c>).</summary>
    public string Scope { get; }

    /// <inheritdoc/>
    public override string ToString() => $"%{Id} = {Operation.Name}({string.Join(", ", Inputs.Select(input => $"%{input.Id}"))}) {Shape}";
}
