using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FewShot.Compute.Kernels;

/// <summary>Transposes a matrix through 4×4 or 8×8 tiles held in registers.</summary>
internal static unsafe class MatrixTranspose
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, nint sourceStep, float* result, nint resultStep, int rows, int columns, SimdLevel level)
    {
        int tile = level == SimdLevel.Vector128 || !Avx.IsSupported ? 4 : 8;
        int row = 0;
        for (; row + tile <= rows; row += tile)
        {
            int column = 0;
            for (; column + tile <= columns; column += tile)
            {
                if (tile == 8)
                {
                    Tile8(source + row * sourceStep + column, sourceStep, result + column * resultStep + row, resultStep);
                }
                else
                {
                    Tile4(source + row * sourceStep + column, sourceStep, result + column * resultStep + row, resultStep);
                }
            }

            Rest(source, sourceStep, result, resultStep, row, row + tile, column, columns);
        }

        Rest(source, sourceStep, result, resultStep, row, rows, 0, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rest(
        float* source,
        nint sourceStep,
        float* result,
        nint resultStep,
        int firstRow,
        int endRow,
        int firstColumn,
        int endColumn
    )
    {
        for (int column = firstColumn; column < endColumn; column++)
        {
            for (int row = firstRow; row < endRow; row++)
            {
                result[column * resultStep + row] = source[row * sourceStep + column];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile4(float* source, nint sourceStep, float* result, nint resultStep)
    {
        var row0 = Vector128.Load(source);
        var row1 = Vector128.Load(source + sourceStep);
        var row2 = Vector128.Load(source + 2 * sourceStep);
        var row3 = Vector128.Load(source + 3 * sourceStep);

        // Interleaving twice: (0,2) with (1,3) transposes 4×4.
        Vector128<float> low02 = Interleave(row0, row2, false);
        Vector128<float> high02 = Interleave(row0, row2, true);
        Vector128<float> low13 = Interleave(row1, row3, false);
        Vector128<float> high13 = Interleave(row1, row3, true);
        Interleave(low02, low13, false).Store(result);
        Interleave(low02, low13, true).Store(result + resultStep);
        Interleave(high02, high13, false).Store(result + 2 * resultStep);
        Interleave(high02, high13, true).Store(result + 3 * resultStep);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Interleave(Vector128<float> left, Vector128<float> right, bool high)
    {
        if (Sse.IsSupported)
        {
            return high ? Sse.UnpackHigh(left, right) : Sse.UnpackLow(left, right);
        }

        if (System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported)
        {
            return high
                ? System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipHigh(left, right)
                : System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipLow(left, right);
        }

        return high ? Vector128.Create(left[2], right[2], left[3], right[3]) : Vector128.Create(left[0], right[0], left[1], right[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile8(float* source, nint sourceStep, float* result, nint resultStep)
    {
        // Rows r and r + 4 share a register by halves, so that the 4×4 steps below also finish the halves.
        Vector256<float> half0 = Halves(source, sourceStep, 0);
        Vector256<float> half1 = Halves(source, sourceStep, 1);
        Vector256<float> half2 = Halves(source, sourceStep, 2);
        Vector256<float> half3 = Halves(source, sourceStep, 3);
        Quarter(half0, half1, half2, half3, result, resultStep);
        half0 = Halves(source + 4, sourceStep, 0);
        half1 = Halves(source + 4, sourceStep, 1);
        half2 = Halves(source + 4, sourceStep, 2);
        half3 = Halves(source + 4, sourceStep, 3);
        Quarter(half0, half1, half2, half3, result + 4 * resultStep, resultStep);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Halves(float* source, nint sourceStep, int row) =>
        Avx.InsertVector128(
            Vector256.Create(Vector128.Load(source + row * sourceStep), Vector128<float>.Zero),
            Vector128.Load(source + (row + 4) * sourceStep),
            1
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        Vector256<float> half0,
        Vector256<float> half1,
        Vector256<float> half2,
        Vector256<float> half3,
        float* result,
        nint resultStep
    )
    {
        Vector256<float> low02 = Avx.UnpackLow(half0, half2);
        Vector256<float> high02 = Avx.UnpackHigh(half0, half2);
        Vector256<float> low13 = Avx.UnpackLow(half1, half3);
        Vector256<float> high13 = Avx.UnpackHigh(half1, half3);
        Avx.UnpackLow(low02, low13).Store(result);
        Avx.UnpackHigh(low02, low13).Store(result + resultStep);
        Avx.UnpackLow(high02, high13).Store(result + 2 * resultStep);
        Avx.UnpackHigh(high02, high13).Store(result + 3 * resultStep);
    }
}
