using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// A stride-1 gradient to the data is a convolution with turned weights, which all gradients with the same weights share.
/// </summary>
internal static class TurnDataGradients
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        if (rewrite.Operation is not ConvolutionDataGradient { Stride: 1 } gradient)
        {
            return null;
        }

        Tensor weights = rewrite.Inputs[1];
        int padding = weights.Shape[0] - 1 - gradient.Padding;
        return padding < 0 || weights.Shape[0] != weights.Shape[1]
            ? null
            : rewrite.Graph.Apply(new Convolution(1, padding), rewrite.Inputs[0], rewrite.Graph.Apply(new TurnWeights(), weights));
    }
}
