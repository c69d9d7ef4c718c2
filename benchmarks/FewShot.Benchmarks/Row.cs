using System.Globalization;
using System.Text.Json.Nodes;

namespace FewShot.Benchmarks;

/// <summary>The result of a row.</summary>
/// <param name="Workload">What was timed.</param>
/// <param name="Ours">FewShot's times.</param>
/// <param name="Facts">And what else is known of it.</param>
/// <param name="Others">The peers' times and facts.</param>
/// <param name="Probes">GFLOP/s of a core before, between and after the turns.</param>
internal sealed record Row(
    Workload Workload,
    Timings Ours,
    Facts Facts,
    IReadOnlyList<(Timings Timings, Facts Facts)> Others,
    IReadOnlyList<double> Probes
)
{
    // Wider than this and the ratio could as well be another.
    private const double WidestInterval = 0.3;

    public double Seconds => Ours.Median;

    public Timings? Best => Others.Count == 0 ? null : Others.MinBy(other => other.Timings.Median).Timings;

    /// <summary>The best peer's median over ours.</summary>
    public double? Ratio => Best?.Median / Seconds;

    /// <summary>Of the median ratio of two turns of the same round.</summary>
    public (double Low, double High)? RatioInterval =>
        Best is null ? null : Statistics.MedianInterval(Best.Turns.Zip(Ours.Turns, (theirs, ours) => theirs / ours));

    /// <summary>Whether the ratio is known well enough to be shown.</summary>
    public bool IsMeaningful => RatioInterval is var (low, high) && (high - low) / Ratio < WidestInterval;

    public double? Gflops => Facts.MultiplyAdds == 0 ? null : Facts.MultiplyAdds * 2e-9 / Seconds;

    public double? FractionOfPeak => Gflops / (FmaProbe.Peak * Facts.Cores);

    public JsonObject ToJson()
    {
        JsonObject ByPeer(Func<(Timings Timings, Facts Facts), JsonNode?> value) =>
            new(Others.Select(other => KeyValuePair.Create(other.Timings.Name, value(other))));
        return new JsonObject
        {
            ["workload"] = Workload.Name,
            ["group"] = Workload.Group,
            ["measured"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture),
            ["fewshotSeconds"] = Seconds,
            ["peers"] = ByPeer(other => other.Timings.Median),
            ["ratioToBestPeer"] = IsMeaningful ? Ratio : null,
            ["ratioInterval"] = RatioInterval is var (low, high) ? new JsonArray(low, high) : null,
            ["rounds"] = Ours.Turns.Count,
            ["calls"] = Ours.Calls.Count,
            ["spread"] = Statistics.Spread([.. Ours.Turns]),
            ["p50Seconds"] = Statistics.Percentile(Ours.Calls, 0.5),
            ["p99Seconds"] = Statistics.Percentile(Ours.Calls, 0.99),
            ["peerP99Seconds"] = ByPeer(other => Statistics.Percentile(other.Timings.Calls, 0.99)),
            ["peerSpread"] = ByPeer(other => Statistics.Spread([.. other.Timings.Turns])),
            ["gflops"] = Gflops,
            ["fractionOfPeak"] = FractionOfPeak,
            ["probeGflops"] = new JsonObject
            {
                ["peak"] = FmaProbe.Peak,
                ["median"] = Statistics.Median(Probes),
                ["least"] = Probes.Min(),
            },
            ["arenaPeakBytes"] = Positive(Facts.ArenaPeakBytes),
            ["processPeakBytes"] = Positive(Facts.ProcessPeakBytes),
            ["peerPeakBytes"] = Facts.ProcessPeakBytes == 0 ? null : ByPeer(other => Positive(other.Facts.ProcessPeakBytes)),
            ["busyShare"] = Facts.BusyShare,
        };
    }

    private static JsonNode? Positive(long value) => value == 0 ? null : value;
}
