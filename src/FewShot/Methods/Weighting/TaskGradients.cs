using System.Buffers;
using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Weighting;

/// <summary>How stored task gradients stand to their sum: one pass to add them and one to compare, instead of all pairs.</summary>
internal static class TaskGradients
{
    /// <summary>Computes ⟨gᵢ, Σⱼgⱼ⟩ for each task.</summary>
    public static void InnerProductsWithSum(ReadOnlySpan<float> gradients, Span<float> products)
    {
        products.Fill(1);
        CompareWithSum(gradients, products);
    }

    /// <summary>Computes for each task the cosine of gᵢ and the mean direction Σⱼ gⱼ/‖gⱼ‖; 0 where one of them is zero.</summary>
    public static void CosinesWithMeanDirection(ReadOnlySpan<float> gradients, Span<float> cosines)
    {
        int length = gradients.Length / cosines.Length;
        for (int i = 0; i < cosines.Length; i++)
        {
            double norm = Reductions.Norm(gradients.Slice(i * length, length));
            cosines[i] = norm > 0 ? (float)(1 / norm) : 0;
        }

        double sumNorm = CompareWithSum(gradients, cosines);
        TensorPrimitives.Multiply(cosines, sumNorm > 0 ? (float)(1 / sumNorm) : 0, cosines);
    }

    /// <summary>Replaces each task's scale sᵢ by ⟨sᵢgᵢ, Σⱼsⱼgⱼ⟩; gives the norm of the sum.</summary>
    private static double CompareWithSum(ReadOnlySpan<float> gradients, Span<float> scales)
    {
        int length = gradients.Length / scales.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(length);
        try
        {
            Span<float> sum = rented.AsSpan(0, length);
            sum.Clear();
            for (int i = 0; i < scales.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(gradients.Slice(i * length, length), scales[i], sum, sum);
            }

            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] *= (float)Reductions.Dot(sum, gradients.Slice(i * length, length));
            }

            return Reductions.Norm(sum);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
