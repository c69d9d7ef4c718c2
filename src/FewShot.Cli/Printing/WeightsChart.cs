using System.Text.Json.Nodes;
using FewShot.Reporting;

namespace FewShot.Cli.Printing;

/// <summary>How unequally the tasks of an iteration counted in the course of a training, drawn from its log.</summary>
internal static class WeightsChart
{
    public const string Name = "weights.svg";

    /// <summary>The chart, or null where the run has no weights in its log because all tasks were the same.</summary>
    public static LineChart? Of(IReadOnlyList<JsonObject> log)
    {
        JsonObject[] weighted = [.. log.Where(entry => entry.ContainsKey("weights/least"))];
        if (weighted.Length == 0)
        {
            return null;
        }

        double[] iterations = [.. weighted.Select(entry => (double)entry["step"]!)];
        return new LineChart(
            "Weights of the tasks of an iteration",
            new ChartAxis("iteration"),
            new ChartAxis("weight, 1 for all alike"),
            [
                Series("largest weight", "weights/largest"),
                Series("least weight", "weights/least"),
                Series("effective share of the tasks", "weights/effective_share"),
                new LineSeries("uniform", [iterations[0], iterations[^1]], [1, 1]) { Dashed = true },
            ]
        );

        LineSeries Series(string name, string key) =>
            new(name, iterations, [.. weighted.Select(entry => (double)entry[key]!)]) { Markers = weighted.Length < 30 };
    }
}
