using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>One kernel call of a program: the stored values it reads, the nodes it computes, and those of them it stores.</summary>
/// <param name="Inputs">The values read, each stored by an earlier step or given to the program.</param>
/// <param name="Nodes">The nodes computed, in order; more than one where element-wise work is fused.</param>
/// <param name="Outputs">The values that the step stores.</param>
/// <param name="Waits">The values it does not read but that must have been stored before it runs.</param>
/// <param name="Loop">What the step runs over, where it is a fused loop.</param>
internal sealed record Step(
    IReadOnlyList<Tensor> Inputs,
    IReadOnlyList<Tensor> Nodes,
    IReadOnlyList<Tensor> Outputs,
    IReadOnlyList<Tensor> Waits,
    LoopForm? Loop = null
)
{
    /// <summary>A step that computes and stores one node.</summary>
    public static Step Of(Tensor node) => new([.. node.Inputs.Select(Storage.Of).Distinct()], [node], [node], []);
}
