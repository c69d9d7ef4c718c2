using FewShot.Compute.Kernels;

namespace FewShot.KernelBench;

/// <summary>
/// Times calls, best of many short repetitions: other processes only ever make a repetition slower. Candidates take turns, so that
/// a slow stretch of the machine meets all of them.
/// </summary>
internal static class Measure
{
    private const double RepetitionSeconds = 0.002;
    private const int Repetitions = 60;

    public static double[] BestSeconds(params Action[] candidates)
    {
        int[] calls = candidates.Select(CallsPerRepetition).ToArray();
        double[] best = candidates.Select(_ => double.MaxValue).ToArray();
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            for (int candidate = 0; candidate < candidates.Length; candidate++)
            {
                candidates[candidate]();
                double start = ThreadClock.Seconds;
                for (int i = 0; i < calls[candidate]; i++)
                {
                    candidates[candidate]();
                }

                best[candidate] = Math.Min(best[candidate], (ThreadClock.Seconds - start) / calls[candidate]);
            }
        }

        return best;
    }

    /// <summary>Fused multiply-add peak of one core in GFLOP/s.</summary>
    public static double Peak(SimdLevel level)
    {
        const long iterations = 200_000;
        float sink = 0f;
        double seconds = BestSeconds(() =>
            sink += level switch
            {
                SimdLevel.Vector128 => Loops128.Peak(iterations, 1),
                SimdLevel.Avx2 => Loops256.Peak(iterations, 1),
                _ => Loops512.Peak(iterations, 1),
            }
        )[0];
        GC.KeepAlive(sink);
        return iterations * 2e-9 * 12 * level.Floats() / seconds;
    }

    private static int CallsPerRepetition(Action call)
    {
        call();
        double start = ThreadClock.Seconds;
        call();
        return (int)Math.Clamp(RepetitionSeconds / (1e-9 + ThreadClock.Seconds - start), 1, 1_000_000);
    }
}
