using System.Diagnostics;
using FewShot.Compute.Kernels;

namespace FewShot.Benchmarks;

/// <summary>
/// What each core gives at this moment: fused multiply-adds that touch no memory, on all cores at once, by the clock on the wall. Where
/// another program takes a core, the figure falls.
/// </summary>
internal static class FmaProbe
{
    private const long Iterations = 200_000;
    private const int Slices = 15;

    /// <summary>The highest probe so far: the peak that fractions refer to.</summary>
    public static double Peak { get; private set; }

    /// <summary>GFLOP/s of a core, the mean over the cores; takes some milliseconds.</summary>
    public static double Run()
    {
        double[] rates = new double[Environment.ProcessorCount];
        Thread[] others = [.. Enumerable.Range(1, rates.Length - 1).Select(core => new Thread(() => rates[core] = Rate()))];
        Array.ForEach(others, thread => thread.Start());
        rates[0] = Rate();
        Array.ForEach(others, thread => thread.Join());
        double mean = rates.Average();
        Peak = Math.Max(Peak, mean);
        return mean;
    }

    private static double Rate()
    {
        float sink = 0;
        long start = Stopwatch.GetTimestamp();
        for (int slice = 0; slice < Slices; slice++)
        {
            sink += SimdLevels.Best switch
            {
                SimdLevel.Vector128 => Loops128.Peak(Iterations, 1),
                SimdLevel.Avx2 => Loops256.Peak(Iterations, 1),
                _ => Loops512.Peak(Iterations, 1),
            };
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        GC.KeepAlive(sink);
        int flops = SimdLevels.Best switch
        {
            SimdLevel.Vector128 => Loops128.PeakFlopsPerIteration,
            SimdLevel.Avx2 => Loops256.PeakFlopsPerIteration,
            _ => Loops512.PeakFlopsPerIteration,
        };
        return Slices * Iterations * flops * 1e-9 / seconds;
    }
}
