using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>Values stored by one step, and what the step reads and waits for.</summary>
/// <param name="roots">The values that the step stores.</param>
/// <param name="form">What the step runs over; null for a step that is no loop.</param>
/// <param name="position">The place of the group in the order of steps.</param>
internal sealed class LoopGroup(IReadOnlyList<Tensor> roots, LoopForm? form, double position)
{
    public IReadOnlyList<Tensor> Roots { get; } = roots;

    public LoopForm? Form { get; } = form;

    public double Position { get; } = position;

    /// <summary>Nodes it computes, the roots among them.</summary>
    public HashSet<Tensor> Computed { get; } = [];

    /// <summary>Stored values it reads.</summary>
    public HashSet<Tensor> Reads { get; } = [];

    /// <summary>The stored values that it reads element by element.</summary>
    public HashSet<Tensor> Maps { get; } = [];

    /// <summary>Stored values that must have been computed before, though it does not read them.</summary>
    public HashSet<Tensor> Waits { get; } = [];

    public IEnumerable<Tensor> Needs => Reads.Concat(Waits);
}
