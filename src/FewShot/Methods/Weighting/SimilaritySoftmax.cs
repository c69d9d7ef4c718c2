using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Weighting;

/// <summary>
/// The weights softmax(cos(gᵢ, ḡ)/τ) with ḡ = Σⱼ gⱼ/‖gⱼ‖ the mean direction: always positive, uniform as τ grows (after Park and Kang 2024,
/// arXiv:2411.00404; our reconstruction). Directions, not gradients, are averaged: each task has one vote, so that a few tasks of large
/// loss cannot outvote the many.
/// </summary>
/// <param name="Temperature">The temperature τ, positive; 0.5 by default.</param>
public sealed record SimilaritySoftmax(double Temperature = 0.5) : TaskWeighting
{
    /// <summary>The temperature τ, positive.</summary>
    /// <value>0.5 by default.</value>
    public double Temperature
    {
        get;
        init => field = Positive(value);
    } = Positive(Temperature);

    /// <inheritdoc/>
    public override string Name => "similarity softmax";

    /// <inheritdoc/>
    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        TaskGradients.CosinesWithMeanDirection(gradients, weights);
        TensorPrimitives.Divide(weights, (float)Temperature, weights);
        Reductions.SoftMax(weights, weights);
    }

    private static double Positive(double temperature) =>
        temperature > 0 && double.IsFinite(temperature)
            ? temperature
            : throw new ArgumentOutOfRangeException(
                nameof(temperature),
                temperature,
                "The temperature of similarity weights must be a positive number."
            );
}
