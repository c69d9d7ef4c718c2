using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace FewShot.Benchmarks;

/// <summary>Rows as a person reads them.</summary>
internal static class Report
{
    // Of fewer calls the slowest hundredth is an accident.
    private const int CallsForTail = 200;

    public static string Heading =>
        $"{Machine.Name}, {Machine.Date}\n"
        + "medians of interleaved turns; a ratio above 1 means that FewShot is faster, with its 95 % interval; peers with their "
        + "threads in brackets";

    /// <summary>A line for FewShot and one for each peer.</summary>
    public static string Text(JsonObject row)
    {
        var text = new StringBuilder();
        text.Append($"{Name(row), -44} {Time(Number(row, "fewshotSeconds")!.Value), 10}{Tail(row, row["p99Seconds"])}");
        foreach (
            string part in new[] { Ratio(row), Rate(row), Bytes(row), PerStep(row), Busy(row), Noise(row) }.Where(part => part.Length > 0)
        )
        {
            text.Append($"  {part}");
        }

        foreach ((string peer, JsonNode? seconds) in row["peers"]!.AsObject())
        {
            string bytes = Number(row["peerPeakBytes"] as JsonObject, peer) is { } peak ? $"  process {Megabytes(peak)}" : "";
            text.Append($"\n    {peer, -40} {Time(seconds!.GetValue<double>()), 10}{Tail(row, row["peerP99Seconds"]![peer])}{bytes}");
        }

        return text.ToString();
    }

    /// <summary>A table for each group.</summary>
    public static string Markdown(JsonObject report)
    {
        JsonObject versions = report["versions"]!.AsObject();
        var text = new StringBuilder();
        text.AppendLine($"# {report["date"]}, {report["machine"]}");
        text.AppendLine();
        text.AppendLine(
            $"Written by `./benchmark --save`: FewShot {versions["fewshot"]}, .NET {versions["dotnet"]}, PyTorch "
                + $"{versions["torch"] ?? "left out"}. Medians of interleaved turns; a ratio above 1"
                + " means that FewShot is faster, with its 95 % interval, and is left out where that is too wide. Threads in brackets. "
                + "The probe is the multiply-add peak of a core at its"
                + " best, in the median and at its worst between the turns, in GFLOP/s."
        );
        foreach (
            IGrouping<string, JsonObject> group in report["rows"]!
                .AsArray()
                .Select(row => row!.AsObject())
                .GroupBy(row => $"{row["group"]}")
        )
        {
            text.AppendLine();
            text.AppendLine($"## {group.Key}");
            text.AppendLine();
            text.AppendLine("| workload | FewShot | p99 | peers | ratio | of the peak | memory | probe |");
            text.AppendLine("|---|---|---|---|---|---|---|---|");
            foreach (JsonObject row in group)
            {
                string peers = string.Join(
                    "<br>",
                    row["peers"]!.AsObject().Select(peer => $"{peer.Key} {Time(peer.Value!.GetValue<double>())}")
                );
                string memory = string.Join("<br>", new[] { Bytes(row), PerStep(row), Busy(row) }.Where(part => part.Length > 0));
                JsonObject probe = row["probeGflops"]!.AsObject();
                text.AppendLine(
                    $"| {Name(row)} | {Time(Number(row, "fewshotSeconds")!.Value)} | "
                        + $"{Tail(row, row["p99Seconds"]).Replace("p99", "", StringComparison.Ordinal).Trim(' ', '(', ')')} | {peers} "
                        + $"| {RatioValue(row)} | {Rate(row)} | {memory} | {Number(probe, "peak"):F0} / {Number(probe, "median"):F0} / "
                        + $"{Number(probe, "least"):F0} |"
                );
            }
        }

        return text.ToString();
    }

    private static string Name(JsonObject row) => $"{row["workload"]}";

    private static string Ratio(JsonObject row) =>
        row["ratioInterval"] is null ? ""
        : row["ratioToBestPeer"] is null ? RatioValue(row)
        : $"{RatioValue(row)} times faster";

    private static string RatioValue(JsonObject row) =>
        row["ratioInterval"] is not JsonArray interval ? ""
        : Number(row, "ratioToBestPeer") is { } ratio
            ? $"{ratio:F2} [{interval[0]!.GetValue<double>():F2}, {interval[1]!.GetValue<double>():F2}]"
        : $"no ratio: its interval [{interval[0]!.GetValue<double>():F2}, {interval[1]!.GetValue<double>():F2}] is too wide";

    private static string Rate(JsonObject row) =>
        Number(row, "gflops") is { } gflops ? $"{gflops:F0} GFLOP/s ({Number(row, "fractionOfPeak"):P0})" : "";

    private static string Bytes(JsonObject row) =>
        string.Join(
            ", ",
            new[] { ("arena", Number(row, "arenaPeakBytes")), ("process", Number(row, "processPeakBytes")) }
                .Where(pair => pair.Item2 is not null)
                .Select(pair => $"{pair.Item1} {Megabytes(pair.Item2!.Value)}")
        );

    private static string PerStep(JsonObject row) => Number(row, "secondsPerStep") is { } seconds ? $"{Time(seconds)} a step" : "";

    private static string Busy(JsonObject row) =>
        Number(row, "busyShare") is { } share ? $"busy {share.ToString("P1", CultureInfo.InvariantCulture)}" : "";

    private static string Noise(JsonObject row)
    {
        JsonObject probe = row["probeGflops"]!.AsObject();
        return $"probe {Number(probe, "least"):F0} to {Number(probe, "peak"):F0}";
    }

    private static string Tail(JsonObject row, JsonNode? seconds) =>
        Number(row, "calls") >= CallsForTail ? $" (p99 {Time(seconds!.GetValue<double>())})" : "";

    // A number not read from a file may be of another type than it looks.
    private static double? Number(JsonObject? row, string name) =>
        row?[name] is JsonValue value ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;

    private static string Megabytes(double bytes) => bytes < 1e6 ? $"{bytes / 1e6:F2} MB" : $"{bytes / 1e6:F1} MB";

    private static string Time(double seconds) =>
        seconds >= 1 ? $"{seconds:F2} s"
        : seconds >= 0.1 ? $"{seconds * 1e3:F0} ms"
        : seconds >= 1e-3 ? $"{seconds * 1e3:F2} ms"
        : $"{seconds * 1e6:F1} us";
}
