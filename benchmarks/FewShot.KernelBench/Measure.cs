using System.Diagnostics;
using FewShot.Compute.Kernels;

namespace FewShot.KernelBench;

/// <summary>Times one call, best of several repetitions: other processes only ever make a repetition slower.</summary>
internal static class Measure
{
    private const double RepetitionSeconds = 0.004;
    private const int Repetitions = 60;

    public static double BestSeconds(Action call)
    {
        call();
        var start = Stopwatch.GetTimestamp();
        call();
        var calls = (int)Math.Clamp(RepetitionSeconds / Stopwatch.GetElapsedTime(start).TotalSeconds, 1, 1_000_000);
        var best = double.MaxValue;
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < calls; i++)
            {
                call();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / calls);
        }

        return best;
    }

    /// <summary>Fused multiply-add peak of one core in GFLOP/s.</summary>
    public static double Peak(SimdLevel level)
    {
        const long iterations = 1_000_000;
        var sink = 0f;
        var seconds = BestSeconds(() => sink += level switch
        {
            SimdLevel.Vector128 => Loops128.Peak(iterations, 1),
            SimdLevel.Avx2 => Loops256.Peak(iterations, 1),
            _ => Loops512.Peak(iterations, 1),
        });
        GC.KeepAlive(sink);
        return iterations * 2e-9 * 12 * level.Floats() / seconds;
    }
}
