using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Weighting;

/// <summary>
/// Weights from the losses alone, no gradients looked at: softmax(loss/τ), so that harder tasks count more; negative τ favours easier ones.
/// </summary>
/// <param name="Temperature">The temperature τ, not 0; 1 by default.</param>
public sealed record LossSoftmax(double Temperature = 1) : TaskWeighting
{
    /// <summary>The temperature τ, not 0.</summary>
    /// <value>1 by default.</value>
    public double Temperature
    {
        get;
        init => field = NotZero(value);
    } = NotZero(Temperature);

    /// <inheritdoc/>
    public override string Name => "loss softmax";

    /// <inheritdoc/>
    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        TensorPrimitives.Divide(losses, (float)Temperature, weights);
        Reductions.SoftMax(weights, weights);
    }

    private static double NotZero(double temperature) =>
        temperature != 0 && double.IsFinite(temperature)
            ? temperature
            : throw new ArgumentOutOfRangeException(
                nameof(temperature),
                temperature,
                "The temperature of loss weights must be a number other than 0."
            );
}
