using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Computation whose inner values are not kept for differentiation.</summary>
public static class Rematerialize
{
    /// <summary>
    /// Runs a traced function so that differentiating its outputs recomputes it from its inputs: memory for one segment instead of all.
    /// </summary>
    /// <param name="function">
    /// The computation. All it uses that depends on what is differentiated must come through its arguments; differentiation throws where it
    /// does not.
    /// </param>
    /// <param name="inputs">The arguments of the function.</param>
    /// <returns>The outputs of the function.</returns>
    public static IReadOnlyList<Tensor> Run(
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> function,
        params IReadOnlyList<Tensor> inputs
    )
    {
        ArgumentNullException.ThrowIfNull(function);
        if (inputs.Count == 0)
        {
            throw new ArgumentException("a checkpointed segment needs at least one input", nameof(inputs));
        }

        Graph graph = inputs[0].Graph;
        int segment = graph.Segments.Count;
        graph.Segments.Add(new RematerializedSegment(function, inputs, [], graph.Nodes.Count));
        IReadOnlyList<Tensor> results = function(inputs);
        Tensor[] outputs = [.. results.Select((result, index) => graph.Apply(new SegmentOutput(segment, index), result))];
        graph.Segments[segment] = graph.Segments[segment] with { Outputs = outputs };
        return outputs;
    }
}

/// <summary>
/// Marks an output of a checkpointed segment: the identity; differentiation traces the segment again instead of walking into it.
/// </summary>
internal sealed record SegmentOutput(int Segment, int Index) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0];

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result) => inputs[0].CopyTo(result);

    /// <summary>Reached only where segments are walked into: a sweep that recomputes takes a segment's outputs together.</summary>
    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent];
}
