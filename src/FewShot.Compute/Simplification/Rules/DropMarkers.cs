using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>Nodes that only differentiation reads are their inputs.</summary>
internal static class DropMarkers
{
    public static Tensor? Apply(Rewrite rewrite) => rewrite.Operation is StopGradient or SegmentOutput ? rewrite.Inputs[0] : null;
}
