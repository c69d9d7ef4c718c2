using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Weighting;

/// <summary>
/// Tasks whose gradient agrees with the others' count more: wᵢ = ⟨gᵢ, G⟩ / Σₖ|⟨gₖ, G⟩| with G = Σⱼgⱼ (Eshratifar 2018, arXiv:1810.08178,
/// eq. 5). A task against the rest gets a negative weight unless a floor forbids it. One pass over the stored gradients besides their sum.
/// </summary>
/// <param name="Floor">
/// The least weight, in units of 1/B; 0 by default, negative infinity for none. The weights are not rescaled after it.
/// </param>
public sealed record GradientAgreement(double Floor = 0) : TaskWeighting
{
    /// <inheritdoc/>
    public override string Name => "gradient agreement";

    /// <inheritdoc/>
    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        TaskGradients.InnerProductsWithSum(gradients, weights);
        float total = (float)Reductions.SumOfMagnitudes(weights);
        if (!(total > 0))
        {
            weights.Fill(1f / weights.Length);
            return;
        }

        TensorPrimitives.Divide(weights, total, weights);
        TensorPrimitives.Max(weights, (float)(Floor / weights.Length), weights);
    }
}
