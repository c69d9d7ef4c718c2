using System.Numerics.Tensors;

namespace FewShot.Weighting;

/// <summary>
/// w = softmax(cos(gᵢ, ḡ)/τ) with ḡ the mean gradient: always positive, uniform as τ grows (after Park and Kang 2024, arXiv:2411.00404; our
/// reconstruction).
/// </summary>
/// <param name="Temperature">τ.</param>
public sealed record SimilaritySoftmax(double Temperature = 0.5) : TaskWeighting
{
    /// <inheritdoc/>
    public override string Name => "similarity softmax";

    /// <inheritdoc/>
    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        float sumNorm = TaskGradients.InnerProductsWithSum(gradients, weights);
        int length = gradients.Length / weights.Length;
        for (int i = 0; i < weights.Length; i++)
        {
            float norm = TensorPrimitives.Norm(gradients.Slice(i * length, length));
            weights[i] = norm > 0 && sumNorm > 0 ? weights[i] / (norm * sumNorm * (float)Temperature) : 0;
        }

        TensorPrimitives.SoftMax(weights, weights);
    }
}
