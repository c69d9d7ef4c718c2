using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FewShot.Compute.Numerics;

/// <summary>
/// Sums over spans, in doubles and in an order that does not depend on how wide the processor's vectors are: the same bits on every
/// machine. A span of any length may be given; its sum is 0 where it is empty. Safe for use from many threads.
/// </summary>
public static class Reductions
{
    private const int Lanes = 16;

    private interface ITerm
    {
        static abstract Vector256<double> Of(Vector256<double> a, Vector256<double> b);

        static abstract double Of(double a, double b);
    }

    /// <summary>The sum Σ aᵢ of the values.</summary>
    /// <param name="values">The values to add, any number of them.</param>
    public static double Sum(ReadOnlySpan<float> values) => Total<First>(values, values);

    /// <summary>The sum of magnitudes Σ |aᵢ| of the values.</summary>
    /// <param name="values">The values whose magnitudes are added, any number of them.</param>
    public static double SumOfMagnitudes(ReadOnlySpan<float> values) => Total<Magnitude>(values, values);

    /// <summary>The inner product Σ aᵢ·bᵢ of two spans.</summary>
    /// <param name="a">The first factors.</param>
    /// <param name="b">The second factors, as many.</param>
    /// <exception cref="ArgumentException">The spans differ in length.</exception>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        a.Length == b.Length
            ? Total<Product>(a, b)
            : throw new ArgumentException($"{a.Length} values cannot be multiplied by {b.Length}.", nameof(b));

    /// <summary>The Euclidean norm √(Σ aᵢ²) of the values; finite for all finite values.</summary>
    /// <param name="values">The entries of the vector, any number of them.</param>
    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(Total<Product>(values, values));

    /// <summary>Computes the softmax exp(aᵢ) / Σⱼ exp(aⱼ), safe against overflow.</summary>
    /// <param name="values">The logits, at least one value.</param>
    /// <param name="result">Receives as many shares, which sum to 1; may be <paramref name="values"/> itself.</param>
    public static void SoftMax(ReadOnlySpan<float> values, Span<float> result)
    {
        float largest = float.NegativeInfinity;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, value);
        }

        for (int i = 0; i < values.Length; i++)
        {
            result[i] = (float)Math.Exp((double)values[i] - largest);
        }

        double total = Sum(result[..values.Length]);
        for (int i = 0; i < values.Length; i++)
        {
            result[i] = (float)(result[i] / total);
        }
    }

    // Each lane adds every sixteenth term; the lanes are then added in their order, and after them the terms of a last part.
    private static double Total<TTerm>(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        where TTerm : ITerm
    {
        double total = 0;
        int i = 0;
        if (a.Length >= Lanes)
        {
            Vector256<double> sum0 = default;
            Vector256<double> sum1 = default;
            Vector256<double> sum2 = default;
            Vector256<double> sum3 = default;
            for (; i <= a.Length - Lanes; i += Lanes)
            {
                (Vector256<double> a0, Vector256<double> a1) = Vector256.Widen(Vector256.Create(a.Slice(i, Lanes / 2)));
                (Vector256<double> a2, Vector256<double> a3) = Vector256.Widen(Vector256.Create(a.Slice(i + (Lanes / 2), Lanes / 2)));
                (Vector256<double> b0, Vector256<double> b1) = Vector256.Widen(Vector256.Create(b.Slice(i, Lanes / 2)));
                (Vector256<double> b2, Vector256<double> b3) = Vector256.Widen(Vector256.Create(b.Slice(i + (Lanes / 2), Lanes / 2)));
                sum0 += TTerm.Of(a0, b0);
                sum1 += TTerm.Of(a1, b1);
                sum2 += TTerm.Of(a2, b2);
                sum3 += TTerm.Of(a3, b3);
            }

            Vector256<double> sum = (sum0 + sum1) + (sum2 + sum3);
            for (int lane = 0; lane < Vector256<double>.Count; lane++)
            {
                total += sum[lane];
            }
        }

        for (; i < a.Length; i++)
        {
            total += TTerm.Of((double)a[i], b[i]);
        }

        return total;
    }

    private readonly struct First : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a;

        public static double Of(double a, double b) => a;
    }

    private readonly struct Magnitude : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => Vector256.Abs(a);

        public static double Of(double a, double b) => Math.Abs(a);
    }

    // Exact: the product of two floats fits a double, so that a fused multiply-add would change nothing.
    private readonly struct Product : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<double> Of(Vector256<double> a, Vector256<double> b) => a * b;

        public static double Of(double a, double b) => a * b;
    }
}
