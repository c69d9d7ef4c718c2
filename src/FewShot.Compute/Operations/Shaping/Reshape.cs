using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Views the elements in the same order under another shape.</summary>
internal sealed record Reshape(Shape Target) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Count == Target.Count ? Target : throw Misfit($"{Target} has {Target.Count} elements, not {inputs[0].Count}", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => inputs[0].CopyTo(result);

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Shape == Target ? inputs[0]
        : inputs[0].Operation is Fill fill ? graph.Fill(fill.Value, Target)
        : inputs[0].Operation is Reshape ? inputs[0].Inputs[0].Reshape(Target)
        : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent.Reshape(node.Inputs[0].Shape)];
}

public static partial class TensorOperations
{
    /// <summary>Views the elements, row-major, under another shape of equal count.</summary>
    public static Tensor Reshape(this Tensor x, Shape shape) => x.Graph.Apply(new Reshape(shape), x);

    /// <summary>Views the elements, row-major, under another shape; one extent may be −1 and is then derived.</summary>
    public static Tensor Reshape(this Tensor x, params ReadOnlySpan<int> extents)
    {
        int[] resolved = extents.ToArray();
        int open = Array.IndexOf(resolved, -1);
        if (open >= 0)
        {
            int rest = 1;
            for (int i = 0; i < resolved.Length; i++)
            {
                rest *= i == open ? 1 : resolved[i];
            }

            if (rest <= 0 || x.Shape.Count % rest != 0)
            {
                throw new ShapeException(
                    $"Reshape: no extent at the place of -1 makes the counts equal; got {x.Shape} and [{string.Join(", ", resolved)}]"
                );
            }

            resolved[open] = x.Shape.Count / rest;
        }

        return x.Reshape(new Shape(resolved));
    }
}
