using System.Numerics.Tensors;

namespace FewShot.Weighting;

/// <summary>Weights from the losses alone, no gradients looked at: softmax(loss/τ), so that harder tasks count more; negative τ favours easier ones.</summary>
/// <param name="Temperature">τ.</param>
public sealed record LossSoftmax(double Temperature = 1) : TaskWeighting
{
    /// <inheritdoc/>
    public override string Name => "loss softmax";

    /// <inheritdoc/>
    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        TensorPrimitives.Divide(losses, (float)Temperature, weights);
        TensorPrimitives.SoftMax(weights, weights);
    }
}
