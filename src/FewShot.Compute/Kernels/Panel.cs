using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FewShot.Compute.Kernels;

/// <summary>Panels: some columns of a matrix as a matrix of whole vectors, zero past the last column.</summary>
internal static unsafe class Panel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyIn(float* source, nint sourceStep, float* panel, int width, int columns, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var column = 0;
            for (; column + 8 <= columns; column += 8)
            {
                Vector256.Load(source + column).Store(panel + column);
            }

            for (; column < columns; column++)
            {
                panel[column] = source[column];
            }

            for (; column < width; column++)
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
        for (var row = 0; row < rows; row++)
        {
            var column = 0;
            for (; column + 8 <= columns; column += 8)
            {
                Vector256.Load(panel + column).Store(result + column);
            }

            for (; column < columns; column++)
            {
                result[column] = panel[column];
            }

            panel += width;
            result += resultStep;
        }
    }
}
