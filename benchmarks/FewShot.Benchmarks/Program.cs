using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Compute.Kernels;
using FewShot.KernelBench;

// ./benchmark [--quick] [--json] [--no-peers] [--repetitions N] [WORKLOAD...]
bool quick = args.Contains("--quick");
bool json = args.Contains("--json");
int repetitions = Option("--repetitions", quick ? 3 : 7);
int workers = Option("--workers", Environment.ProcessorCount);
string[] chosen = [.. args.Where((arg, i) => !arg.StartsWith('-') && (i == 0 || args[i - 1] is not ("--repetitions" or "--workers")))];
string peersFolder = Path.Combine(Root(), "benchmarks", "peers");
string? noPeers = args.Contains("--no-peers") ? "not asked for" : PeerProcess.Missing();
TextWriter progress = Console.Error;
if (noPeers is not null)
{
    progress.WriteLine($"peers are left out: {noPeers}");
}

string[] unknown = [.. chosen.Where(name => Workload.All.All(workload => workload.Name != name))];
if (unknown.Length > 0)
{
    progress.WriteLine($"unknown workload {unknown[0]}; there are: {string.Join(", ", Workload.All.Select(workload => workload.Name))}");
    return 2;
}

string machine = $"{Cpu()}, {Environment.ProcessorCount} cores, {SimdLevels.Best}, .NET {Environment.Version}, {RuntimeInformation.OSDescription}";
if (!json)
{
    Console.WriteLine($"{machine}, {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
    Console.WriteLine("medians of interleaved repetitions; a ratio above 1 means that FewShot is faster; peers with their threads in brackets");
}

var rows = new JsonArray();
foreach (Workload workload in Workload.All.Where(workload => chosen.Length > 0 ? chosen.Contains(workload.Name) : !quick || workload.IsCore))
{
    rows.Add(Run(workload));
}

if (json)
{
    Console.WriteLine(new JsonObject { ["machine"] = machine, ["rows"] = rows }.ToJsonString());
}

return 0;

JsonObject Run(Workload workload)
{
    progress.WriteLine($"{workload.Name} ...");
    using var ours = new FewShotRun(workload, workers);
    List<PeerProcess> peers = noPeers is not null ? [] :
        [.. workload.Peers.Where(peer => !quick || peer.Quick).Select(peer => PeerProcess.Start(peersFolder, peer, workload.PeerName, progress)).OfType<PeerProcess>()];
    var times = new List<double>[peers.Count + 1];
    for (int i = 0; i < times.Length; i++)
    {
        times[i] = [];
    }

    var peaks = new List<double>();
    for (int repetition = 0; repetition < repetitions; repetition++)
    {
        peaks.Add(Measure.Peak(SimdLevels.Best));
        times[0].Add(ours.Repeat());
        peaks.Add(Measure.Peak(SimdLevels.Best));
        for (int i = 0; i < peers.Count; i++)
        {
            // Short work is repeated inside the peer, as it is inside ours.
            double first = times[i + 1].Count > 0 ? times[i + 1][0] : peers[i].Repeat(1);
            times[i + 1].Add(peers[i].Repeat((int)Math.Clamp(0.2 / first, 1, 200)));
        }
    }

    peers.ForEach(peer => peer.Dispose());
    double seconds = Median(times[0]);
    double gflops = ours.MultiplyAdds * 2e-9 / seconds;
    int cores = workload.Tasks > 0 ? Math.Min(workers, workload.Tasks) : 1;
    double fraction = gflops / (Median(peaks) * cores);
    int best = Enumerable.Range(0, peers.Count).OrderBy(i => Median(times[i + 1])).FirstOrDefault(-1);
    double noise = times.Max(Spread);
    double? ratio = best < 0 ? null : Median(times[best + 1]) / seconds;

    // A ratio of two medians means nothing when either moves by more than a third between its quartiles.
    bool meaningful = ratio is not null && Spread(times[0]) < 0.35 && Spread(times[best + 1]) < 0.35;
    if (!json)
    {
        Console.WriteLine($"{workload.Name,-34} {Time(seconds),10}  {gflops,6:F0} GFLOP/s ({fraction:P0} of the probe's {Median(peaks):F0} a core)  arena {ours.PeakBytes / 1e6:F1} MB"
            + (ratio is null ? "" : meaningful ? $"  {ratio:F1} times the best peer" : $"  no ratio: the spread of {noise:P0} makes it meaningless"));
        for (int i = 0; i < peers.Count; i++)
        {
            Console.WriteLine($"    {peers[i].Name,-44} {Time(Median(times[i + 1])),10}");
        }
    }

    var peerSeconds = new JsonObject();
    for (int i = 0; i < peers.Count; i++)
    {
        peerSeconds[peers[i].Name] = Median(times[i + 1]);
    }

    return new JsonObject
    {
        ["workload"] = workload.Name,
        ["fewshotSeconds"] = seconds,
        ["peers"] = peerSeconds,
        ["ratioToBestPeer"] = meaningful ? ratio : null,
        ["spread"] = noise,
        ["gflops"] = gflops,
        ["fractionOfPeak"] = fraction,
        ["peakProbeGflops"] = Median(peaks),
        ["arenaPeakBytes"] = ours.PeakBytes,
    };
}

static double Median(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}

static double Spread(List<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4]) / Median(values);
}

static string Time(double seconds) => seconds >= 1 ? $"{seconds:F2} s" : seconds >= 1e-3 ? $"{seconds * 1e3:F2} ms" : $"{seconds * 1e6:F1} us";

static string Cpu() => File.Exists("/proc/cpuinfo")
    ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
    : RuntimeInformation.ProcessArchitecture.ToString();

static string Root()
{
    string? folder = AppContext.BaseDirectory;
    while (folder is not null && !File.Exists(Path.Combine(folder, "FewShot.slnx")))
    {
        folder = Path.GetDirectoryName(folder);
    }

    return folder ?? throw new InvalidOperationException("run the benchmark from a checkout of the repository");
}

int Option(string name, int otherwise)
{
    int index = Array.IndexOf(args, name);
    return index >= 0 && index + 1 < args.Length && int.TryParse(args[index + 1], CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
