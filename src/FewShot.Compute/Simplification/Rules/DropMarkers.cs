using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// Nodes that are there for differentiation only are what they stand for: markers their input, others the operations they are composed of.
/// </summary>
internal static class DropMarkers
{
    public static Tensor? Apply(Rewrite rewrite) =>
        rewrite.Operation switch
        {
            StopGradient or SegmentOutput or Variable => rewrite.Inputs[0],
            Variance variance => variance.Compose(rewrite.Inputs[0]),
            _ => null,
        };
}
