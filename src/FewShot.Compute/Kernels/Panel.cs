using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FewShot.Compute.Kernels;

/// <summary>Panels: some columns of a matrix as a matrix of whole vectors, zero past the last column.</summary>
internal static unsafe class Panel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyIn(float* source, nint sourceStep, float* panel, int width, int columns, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            CopyRow(source, panel, columns);
            for (int column = columns; column < width; column++)
            {
                panel[column] = 0;
            }

            source += sourceStep;
            panel += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyOut(float* panel, int width, float* result, nint resultStep, int columns, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            CopyRow(panel, result, columns);
            panel += width;
            result += resultStep;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRow(float* source, float* result, int columns)
    {
        int column = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; column + Vector256<float>.Count <= columns; column += Vector256<float>.Count)
            {
                Vector256.Load(source + column).Store(result + column);
            }
        }

        for (; column + Vector128<float>.Count <= columns; column += Vector128<float>.Count)
        {
            Vector128.Load(source + column).Store(result + column);
        }

        for (; column < columns; column++)
        {
            result[column] = source[column];
        }
    }
}
