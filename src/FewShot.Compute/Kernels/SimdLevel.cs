using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FewShot.Compute.Kernels;

/// <summary>The vector width the kernels are written for; 128 bits serve every processor, Arm included.</summary>
internal enum SimdLevel
{
    Vector128,
    Avx2,
    Avx512,
}

/// <summary>Which levels this processor has, and the one in use.</summary>
internal static class SimdLevels
{
    public const string Variable = "FEWSHOT_SIMD";

    // Vector512.IsHardwareAccelerated is false on processors that have AVX-512 but lower their clock for it; they still gain.
    public static IReadOnlyList<SimdLevel> Available { get; } =
    [
        SimdLevel.Vector128,
        .. Avx2.IsSupported && Fma.IsSupported ? [SimdLevel.Avx2] : Array.Empty<SimdLevel>(),
        .. Avx512F.IsSupported ? [SimdLevel.Avx512] : Array.Empty<SimdLevel>(),
    ];

    public static SimdLevel Best { get; } = Choose(Environment.GetEnvironmentVariable(Variable), Available);

    /// <summary>The level asked for, or the highest one available where nothing is asked.</summary>
    public static SimdLevel Choose(string? asked, IReadOnlyList<SimdLevel> available)
    {
        if (string.IsNullOrEmpty(asked))
        {
            return available[^1];
        }

        SimdLevel level = asked.ToLowerInvariant() switch
        {
            "vector128" => SimdLevel.Vector128,
            "avx2" => SimdLevel.Avx2,
            "avx512" => SimdLevel.Avx512,
            _ => throw new ArgumentException($"{Variable}={asked} is not a vector level; use vector128, avx2 or avx512."),
        };
        return available.Contains(level)
            ? level
            : throw new ArgumentException(
                $"{Variable}={asked} asks for a vector level this processor lacks; it has "
                    + $"{string.Join(", ", available).ToLowerInvariant()}."
            );
    }

    public static int Floats(this SimdLevel level) =>
        level switch
        {
            SimdLevel.Vector128 => Vector128<float>.Count,
            SimdLevel.Avx2 => Vector256<float>.Count,
            _ => Vector512<float>.Count,
        };

    /// <summary>Vectors of output channels a block of six rows of accumulators is wide: 12 of 16 registers, or 24 of 32.</summary>
    public static int BlockVectors(this SimdLevel level) =>
        level == SimdLevel.Avx512 || (level == SimdLevel.Vector128 && System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported) ? 4 : 2;
}
