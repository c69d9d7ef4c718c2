using FewShot.Compute.Kernels;

namespace FewShot.KernelBench;

/// <summary>Speed of the small matrix products of few-shot learning.</summary>
internal static unsafe class MatrixBench
{
    private static readonly (int M, int N, int K, bool TransposeA, bool TransposeB)[] s_shapes =
    [
        (10, 40, 1, false, false),
        (10, 40, 40, false, false),
        (10, 40, 40, false, true),
        (40, 40, 10, true, false),
        (10, 1, 40, false, false),
        (40, 1, 10, true, false),
        (10, 40, 1, false, true),
        (5, 5, 64, false, false),
        (75, 5, 64, false, false),
        (75, 64, 5, false, true),
        (64, 5, 75, true, false),
        (80, 5, 64, false, true),
        (25, 25, 64, false, true),
        (25, 25, 25, false, false),
        (75, 25, 64, false, true),
        (128, 128, 128, false, false),
        (256, 256, 256, false, false),
        (75, 20, 576, false, false),
    ];

    public static void Run(string filter)
    {
        SimdLevel level = SimdLevels.Best;
        double peak = Measure.Peak(level);
        Console.WriteLine($"level {level}, peak {peak:F1} GFLOP/s");
        Console.WriteLine($"{"m x k x n", -14} {"stored", -8} {"ns", 9} {"GFLOP/s", 8} {"of peak", 8}");
        foreach ((int m, int n, int k, bool transposeA, bool transposeB) in s_shapes)
        {
            string name = $"{m}x{k}x{n}";
            if (!name.Contains(filter, StringComparison.Ordinal))
            {
                continue;
            }

            MatrixProductKernel kernel = MatrixProduct.Prepare(m, n, k, transposeA, transposeB, level);
            using var a = new AlignedBuffer(m * k, 1);
            using var b = new AlignedBuffer(k * n, 2);
            using var c = new AlignedBuffer(m * n);
            using var scratch = new AlignedBuffer(kernel.ScratchBytes / sizeof(float));
            int inner = Math.Max(1, 500_000 / (m * n * k + 5000));
            double seconds =
                Measure.BestSeconds(() =>
                {
                    for (int i = 0; i < inner; i++)
                    {
                        kernel.Run(a.Pointer, b.Pointer, c.Pointer, (byte*)scratch.Pointer);
                    }
                })[0] / inner;
            double speed = 2e-9 * m * n * k / seconds;
            string stored = $"{(transposeA ? "At" : "A")} {(transposeB ? "Bt" : "B")}";
            Console.WriteLine($"{name, -14} {stored, -8} {seconds * 1e9, 9:F1} {speed, 8:F1} {speed / peak, 8:P0}");
        }
    }
}
