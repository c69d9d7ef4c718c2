using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification;

/// <summary>
/// An equal but better tensor for the node that is being copied, or null. What it makes is seen by the rules in the next pass.
/// </summary>
internal delegate Tensor? RewriteRule(Rewrite rewrite);

/// <summary>A node on its way into a new graph.</summary>
/// <param name="Graph">The new graph.</param>
/// <param name="Node">The node, in the old graph.</param>
/// <param name="Inputs">The copies of its inputs.</param>
/// <param name="Copies">The copy of every old node made so far, by id.</param>
/// <param name="Uses">How many nodes and outputs use each old node, by id.</param>
/// <param name="IsPartialSum">Whether each old node is a sum that only another sum uses, by id.</param>
internal sealed record Rewrite(Graph Graph, Tensor Node, IReadOnlyList<Tensor> Inputs, Tensor[] Copies, int[] Uses, bool[] IsPartialSum)
{
    public Operation Operation => Node.Operation;

    /// <summary>What a tensor repeats, where it does.</summary>
    public static Tensor? Repeated(Tensor tensor) =>
        tensor.Operation is BroadcastTo && tensor.Inputs[0].Shape.Count < tensor.Shape.Count ? tensor.Inputs[0] : null;
}
