using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace FewShot.Compute.Kernels;

/// <summary>
/// The multiply-add of the 128-bit level. On x64 it rounds twice: the level is that of processors without fused multiply-add, and pinned on
/// one that has it the bits must be the same.
/// </summary>
internal static class Vector128Arithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        AdvSimd.IsSupported ? AdvSimd.FusedMultiplyAdd(c, a, b) : (a * b) + c;
}
