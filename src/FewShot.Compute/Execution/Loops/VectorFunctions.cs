using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Functions of a vector that are more than one instruction. Written once; every width is an instantiation, inlined into the emitted loops.
/// Errors are a few units in the last place: at most 3e-7 relative, or 1e-7 absolute near a zero that is not at the origin.
/// </summary>
internal static unsafe class VectorFunctions<TVector, TDouble, TLanes>
    where TVector : struct
    where TDouble : struct
    where TLanes : ILanes<TVector, TDouble>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector LoadFirst(float* source, int count) => TLanes.LoadFirst(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreFirst(TVector value, float* destination, int count) => TLanes.StoreFirst(value, destination, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector MultiplyAdd(TVector a, TVector b, TVector c) => TLanes.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector MultiplySubtract(TVector a, TVector b, TVector c) => TLanes.MultiplySubtract(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector NegatedMultiplyAdd(TVector a, TVector b, TVector c) => TLanes.NegatedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Unordered(TVector a, TVector b) => TLanes.Unordered(a, b);

    /// <summary>The larger; NaN where either is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Maximum(TVector a, TVector b) => TLanes.Choose(TLanes.EqualTo(a, a), TLanes.MaxNative(a, b), a);

    /// <summary>The smaller; NaN where either is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Minimum(TVector a, TVector b) => TLanes.Choose(TLanes.EqualTo(a, a), TLanes.MinNative(a, b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Sign(TVector x)
    {
        TVector one = TLanes.Or(TLanes.And(x, TLanes.Create(-0f)), TLanes.Create(1));
        return TLanes.Choose(TLanes.GreaterThan(TLanes.Absolute(x), TLanes.Create(0)), one, x);
    }

    /// <summary>
    /// Computes e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2, and a polynomial for e^r. The power of two is applied in two
    /// factors so that results below the normal range come out gradually.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Exp(TVector x)
    {
        // The constant is the first argument, so that NaN passes.
        x = TLanes.MaxNative(TLanes.Create(-104f), TLanes.MinNative(TLanes.Create(89f), x));
        TVector n = TLanes.Round(TLanes.Multiply(x, TLanes.Create(1.44269504f)));
        TVector r = TLanes.NegatedMultiplyAdd(n, TLanes.Create(0.693359375f), x);
        r = TLanes.NegatedMultiplyAdd(n, TLanes.Create(-2.12194440e-4f), r);
        TVector p = TLanes.MultiplyAdd(TLanes.Create(1.9875691500e-4f), r, TLanes.Create(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(5.0000001201e-1f));
        p = TLanes.MultiplyAdd(p, TLanes.Multiply(r, r), TLanes.Add(r, TLanes.Create(1)));
        TVector half = TLanes.Round(TLanes.Multiply(n, TLanes.Create(0.5f)));
        return TLanes.Multiply(TLanes.Multiply(p, TLanes.PowerOfTwo(half)), TLanes.PowerOfTwo(TLanes.Subtract(n, half)));
    }

    /// <summary>
    /// Computes log x = e·ln 2 + log m with x = 2^e·m and m between √½ and √2, and a polynomial for log m. −∞ at 0, NaN below.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Log(TVector x)
    {
        TVector one = TLanes.Create(1);
        TVector small = TLanes.GreaterThan(TLanes.Create(1.17549435e-38f), x);
        TVector normal = TLanes.Choose(small, TLanes.Multiply(x, TLanes.Create(8388608)), x);
        TVector e = TLanes.Subtract(TLanes.Exponent(normal), TLanes.And(small, TLanes.Create(23)));
        TVector fraction = TLanes.And(normal, TLanes.Create(BitConverter.Int32BitsToSingle(0x007fffff)));
        fraction = TLanes.Or(fraction, TLanes.Create(0.5f));
        TVector low = TLanes.GreaterThan(TLanes.Create(0.707106781f), fraction);
        e = TLanes.Subtract(e, TLanes.And(low, one));
        TVector m = TLanes.Subtract(TLanes.Add(fraction, TLanes.And(low, fraction)), one);
        TVector p = TLanes.MultiplyAdd(TLanes.Create(7.0376836292e-2f), m, TLanes.Create(-1.1514610310e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(1.1676998740e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(-1.2420140846e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(1.4249322787e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(-1.6668057665e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(2.0000714765e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(-2.4999993993e-1f));
        p = TLanes.MultiplyAdd(p, m, TLanes.Create(3.3333331174e-1f));
        TVector z = TLanes.Multiply(m, m);
        p = TLanes.Multiply(TLanes.Multiply(p, m), z);
        p = TLanes.MultiplyAdd(e, TLanes.Create(-2.12194440e-4f), p);
        p = TLanes.NegatedMultiplyAdd(z, TLanes.Create(0.5f), p);
        p = TLanes.MultiplyAdd(e, TLanes.Create(0.693359375f), TLanes.Add(m, p));
        TVector zero = TLanes.Create(0);
        TVector outside = TLanes.Choose(TLanes.EqualTo(x, zero), TLanes.Create(float.NegativeInfinity), TLanes.Create(float.NaN));
        p = TLanes.Choose(TLanes.GreaterThan(x, zero), p, outside);
        return TLanes.Choose(TLanes.EqualTo(x, TLanes.Create(float.PositiveInfinity)), x, p);
    }

    /// <summary>An odd polynomial near 0, where the other form would cancel; 1 − 2 / (e^2|x| + 1) beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Tanh(TVector x)
    {
        TVector magnitude = TLanes.Absolute(x);
        TVector z = TLanes.Multiply(x, x);
        TVector p = TLanes.MultiplyAdd(TLanes.Create(-5.70498872745e-3f), z, TLanes.Create(2.06390887954e-2f));
        p = TLanes.MultiplyAdd(p, z, TLanes.Create(-5.37397155531e-2f));
        p = TLanes.MultiplyAdd(p, z, TLanes.Create(1.33314422036e-1f));
        p = TLanes.MultiplyAdd(p, z, TLanes.Create(-3.33332819422e-1f));
        TVector near = TLanes.MultiplyAdd(TLanes.Multiply(p, z), x, x);
        TVector e = Exp(TLanes.Add(magnitude, magnitude));
        TVector far = TLanes.Subtract(TLanes.Create(1), TLanes.Divide(TLanes.Create(2), TLanes.Add(e, TLanes.Create(1))));
        far = TLanes.Or(far, TLanes.And(x, TLanes.Create(-0f)));
        return TLanes.Choose(TLanes.GreaterThan(TLanes.Create(0.625f), magnitude), near, far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Sigmoid(TVector x)
    {
        TVector one = TLanes.Create(1);
        return TLanes.Divide(one, TLanes.Add(one, Exp(TLanes.Subtract(TLanes.Create(-0f), x))));
    }

    /// <summary>Computes max(x, 0) + log(1 + t) with t = e^−|x|; what rounding 1 + t loses is put back to first order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector Softplus(TVector x)
    {
        TVector one = TLanes.Create(1);
        TVector t = Exp(TLanes.Or(TLanes.Absolute(x), TLanes.Create(-0f)));
        TVector u = TLanes.Add(one, t);
        TVector lost = TLanes.Divide(TLanes.Subtract(t, TLanes.Subtract(u, one)), u);
        return TLanes.Add(TLanes.MaxNative(TLanes.Create(0), x), TLanes.Add(Log(u), lost));
    }

    /// <summary>Raises |x| to the exponent, in double, so that the error does not grow with the size of the result.</summary>
    internal static TVector PowerOfMagnitude(TVector x, float exponent)
    {
        TVector magnitude = TLanes.Absolute(x);
        TDouble power = TLanes.CreateDouble(exponent);
        TDouble lower = TLanes.ExpDouble(TLanes.MultiplyDouble(TLanes.LogDouble(TLanes.WidenLower(magnitude)), power));
        TDouble upper = TLanes.ExpDouble(TLanes.MultiplyDouble(TLanes.LogDouble(TLanes.WidenUpper(magnitude)), power));
        return TLanes.Narrow(lower, upper);
    }

    /// <summary>Raises x to the exponent with the conventions of <see cref="MathF.Pow"/> for negative x.</summary>
    internal static TVector Power(TVector x, float exponent)
    {
        TVector magnitude = PowerOfMagnitude(x, exponent);
        if (exponent != MathF.Floor(exponent))
        {
            return TLanes.Choose(TLanes.GreaterThan(TLanes.Create(0), x), TLanes.Create(float.NaN), magnitude);
        }

        bool odd = MathF.Abs(exponent) < 1 << 24 && ((long)exponent & 1) != 0;
        return odd ? TLanes.Or(magnitude, TLanes.And(x, TLanes.Create(-0f))) : magnitude;
    }

    /// <summary>Adds each lane to its double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void AddToDoubles(TVector value, double* sums)
    {
        double* upper = sums + (TLanes.Count / 2);
        TLanes.StoreDouble(TLanes.AddDouble(TLanes.LoadDouble(sums), TLanes.WidenLower(value)), sums);
        TLanes.StoreDouble(TLanes.AddDouble(TLanes.LoadDouble(upper), TLanes.WidenUpper(value)), upper);
    }

    /// <summary>Asks for a cache line before it is needed; where the machine has no such request, does nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Rounds sums to floats.</summary>
    internal static void RoundDoubles(double* sums, float* destination, int count)
    {
        int i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(TLanes.Narrow(TLanes.LoadDouble(sums + i), TLanes.LoadDouble(sums + i + (TLanes.Count / 2))), destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = (float)sums[i];
        }
    }

    /// <summary>The largest lane; NaN if any is.</summary>
    internal static float LargestLane(TVector value)
    {
        float* lanes = stackalloc float[TLanes.Count];
        TLanes.Store(value, lanes);
        float largest = lanes[0];
        for (int i = 1; i < TLanes.Count; i++)
        {
            largest = MathF.Max(largest, lanes[i]);
        }

        return largest;
    }

    /// <summary>Sets all bits in the first count lanes: a vector that begins so long before the end of the ones.</summary>
    internal static TVector FirstLanes(int count)
    {
        const int longest = 16;
        ReadOnlySpan<uint> ones =
        [
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            ~0u,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        fixed (uint* start = ones)
        {
            return TLanes.Load((float*)start + longest - count);
        }
    }
}
