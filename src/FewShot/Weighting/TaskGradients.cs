using System.Buffers;
using System.Numerics.Tensors;

namespace FewShot.Weighting;

/// <summary>Inner products of stored task gradients.</summary>
internal static class TaskGradients
{
    /// <summary>For each task ⟨gᵢ, Σⱼgⱼ⟩, by one sum and one product each instead of all pairs; gives ‖Σⱼgⱼ‖.</summary>
    public static float InnerProductsWithSum(ReadOnlySpan<float> gradients, Span<float> products)
    {
        int length = gradients.Length / products.Length;
        float[] rented = ArrayPool<float>.Shared.Rent(length);
        try
        {
            Span<float> sum = rented.AsSpan(0, length);
            gradients[..length].CopyTo(sum);
            for (int i = 1; i < products.Length; i++)
            {
                TensorPrimitives.Add(sum, gradients.Slice(i * length, length), sum);
            }

            for (int i = 0; i < products.Length; i++)
            {
                products[i] = TensorPrimitives.Dot(sum, gradients.Slice(i * length, length));
            }

            return TensorPrimitives.Norm<float>(sum);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
