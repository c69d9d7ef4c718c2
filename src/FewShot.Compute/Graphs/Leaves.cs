namespace FewShot.Compute.Graphs;

/// <summary>A node without inputs.</summary>
internal abstract record Leaf(Shape Shape) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Shape;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [];
}

/// <summary>A value given at each run.</summary>
internal sealed record Input(string Label, Shape Shape) : Leaf(Shape)
{
    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) =>
        throw new InvalidOperationException($"input '{Label}' has no value");
}

/// <summary>
/// A cotangent that only exists while a Jacobian-vector product is derived (as the transpose of a transpose). The result is linear in it,
/// so it never survives; a program that still holds one is a bug and says so.
/// </summary>
internal sealed record Probe(int Number, Shape Shape) : Leaf(Shape)
{
    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) =>
        throw new InvalidOperationException("a probe of a Jacobian-vector product was left in the program");
}

/// <summary>One number, repeated over a shape.</summary>
internal sealed record Fill(double Value, Shape Shape) : Leaf(Shape)
{
    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => result.Fill(T.CreateChecked(Value));
}

/// <summary>Numbers that are known when the graph is made, row-major.</summary>
internal sealed record Constant : Leaf
{
    private readonly double[] _values;

    public Constant(double[] values, Shape shape)
        : base(shape)
    {
        if (values.Length != shape.Count)
        {
            throw new ShapeException($"Constant: {values.Length} values for shape {shape}");
        }

        _values = values;
    }

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = T.CreateChecked(_values[i]);
        }
    }

    public bool Equals(Constant? other) => other is not null && Shape == other.Shape && _values.AsSpan().SequenceEqual(other._values);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (double value in _values)
        {
            hash.Add(value);
        }

        return hash.ToHashCode();
    }
}
