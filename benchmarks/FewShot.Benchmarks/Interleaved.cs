using System.Diagnostics;

namespace FewShot.Benchmarks;

/// <summary>How long to measure a row.</summary>
/// <param name="Seconds">No new round begins after these.</param>
/// <param name="LeastRounds">But so many there are.</param>
/// <param name="MostRounds">And no more.</param>
internal sealed record Effort(double Seconds, int LeastRounds, int MostRounds);

/// <summary>What one contender did in a row.</summary>
/// <param name="Name">The contender.</param>
/// <param name="Turns">The median of each turn, in order.</param>
/// <param name="Calls">Every timed call.</param>
internal sealed record Timings(string Name, IReadOnlyList<double> Turns, IReadOnlyList<double> Calls)
{
    public double Median => Statistics.Median(Turns);
}

/// <summary>
/// Contenders take turns, so that a slow stretch of the machine meets all of them. Short work is called often within a turn. All are
/// treated alike: the same warm-up, turns of the same length, the first call of a long turn dropped because the others have had the caches
/// meanwhile.
/// </summary>
internal static class Interleaved
{
    private const double TurnSeconds = 0.05;
    private const double WarmUpSeconds = 0.5;
    private const int MostCalls = 5000;
    private const int CallsThatWarm = 8;

    public static (IReadOnlyList<Timings> Timings, IReadOnlyList<double> Probes) Run(IReadOnlyList<IContender> contenders, Effort effort)
    {
        int[] calls = [.. contenders.Select(CallsOfTurn)];
        List<double>[] turns = [.. contenders.Select(_ => new List<double>())];
        List<double>[] all = [.. contenders.Select(_ => new List<double>())];
        var probes = new List<double> { FmaProbe.Run() };
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < effort.MostRounds; round++)
        {
            if (round >= effort.LeastRounds && Stopwatch.GetElapsedTime(start).TotalSeconds > effort.Seconds)
            {
                break;
            }

            for (int turn = 0; turn < contenders.Count; turn++)
            {
                // Each comes first in its turn.
                int which = (round + turn) % contenders.Count;
                bool warms = calls[which] >= CallsThatWarm;
                double[] seconds = contenders[which].Run(calls[which] + (warms ? 1 : 0))[(warms ? 1 : 0)..];
                probes.Add(FmaProbe.Run());
                turns[which].Add(Statistics.Median(seconds));
                all[which].AddRange(seconds);
            }
        }

        return ([.. contenders.Select((contender, i) => new Timings(contender.Name, turns[i], all[i]))], probes);
    }

    /// <summary>Warms up, and says how many calls fill a turn.</summary>
    private static int CallsOfTurn(IContender contender)
    {
        long start = Stopwatch.GetTimestamp();
        double[] last = contender.Run(1);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds)
        {
            last = contender.Run((int)Math.Clamp(WarmUpSeconds / 5 / last.Min(), 1, MostCalls));
        }

        return (int)Math.Clamp(TurnSeconds / Statistics.Median(last), 1, MostCalls);
    }
}
