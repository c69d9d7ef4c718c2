using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace FewShot.Benchmarks;

/// <summary>
/// A contender in a process of its own, kept running so that its turns do not include its start. It prints one JSON line when it is warm,
/// and then answers each line <c>run COUNT</c> with the seconds of that many repetitions, until <c>quit</c>. PyTorch's scripts do so, and
/// this program with <c>--serve</c>.
/// </summary>
internal sealed class ProcessContender : IContender
{
    public const string Python = "/usr/bin/python3";

    private readonly Process _process;
    private JsonNode _last;

    private ProcessContender(Process process, JsonNode ready)
    {
        (_process, _last) = (process, ready);
        Name = $"{ready["peer"]!.GetValue<string>()} ({ready["threads"]!.GetValue<int>()})";
    }

    public string Name { get; }

    public Facts Facts => new(1, Whole("multiplyAdds"), Whole("arenaPeakBytes"), Whole("processPeakBytes"));

    /// <summary>Why no peer can run here, or null.</summary>
    public static string? Missing()
    {
        if (!File.Exists(Python))
        {
            return $"{Python} is missing";
        }

        using Process check = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch"]) { RedirectStandardError = true })!;
        check.WaitForExit();
        return check.ExitCode == 0 ? null : "PyTorch is missing (Debian: apt-get install python3-torch libopenblas0-pthread)";
    }

    /// <summary>Starts a script of PyTorch and waits until it is warm.</summary>
    /// <exception cref="InvalidOperationException">It cannot do the workload; the message is its last line.</exception>
    public static ProcessContender OfPeer(Peer peer, string workload)
    {
        var start = new ProcessStartInfo(
            Python,
            [peer.Script, "--workload", workload, .. peer.Arguments.Split(' '), "--warm-up", "1", "--server"]
        )
        {
            WorkingDirectory = Path.Combine(Repository.Root, "benchmarks", "peers"),
            // What a user of glibc sets to keep freed activations, and what peers/README.md says of it.
            Environment =
            {
                ["MALLOC_TRIM_THRESHOLD_"] = "4294967296",
                ["MALLOC_MMAP_THRESHOLD_"] = "33554432",
                ["MALLOC_TOP_PAD_"] = "268435456",
            },
        };
        return Start(start, $"{peer.Script} {peer.Arguments}");
    }

    /// <summary>This program once more, serving one task of a memory row.</summary>
    public static ProcessContender OfOurselves(string method, int steps, bool recomputed) =>
        Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    typeof(ProcessContender).Assembly.Location,
                    "--serve",
                    method,
                    steps.ToString(CultureInfo.InvariantCulture),
                    $"{recomputed}",
                ]
            ),
            "fewshot"
        );

    /// <summary>The other end of <see cref="OfOurselves"/>.</summary>
    /// <param name="arguments">Method, inner steps, whether they are recomputed.</param>
    public static void Serve(IReadOnlyList<string> arguments)
    {
        using FewShotContender contender = Workloads.Served(
            arguments[0],
            int.Parse(arguments[1], CultureInfo.InvariantCulture),
            bool.Parse(arguments[2])
        );
        contender.Run(1);
        Answer([]);
        while (Console.ReadLine()?.Split(' ') is ["run", string count])
        {
            Answer(contender.Run(int.Parse(count, CultureInfo.InvariantCulture)));
        }

        void Answer(double[] seconds) =>
            Console.WriteLine(
                new JsonObject
                {
                    ["peer"] = contender.Name,
                    ["threads"] = contender.Facts.Cores,
                    ["seconds"] = new JsonArray([.. seconds.Select(value => JsonValue.Create(value))]),
                    ["multiplyAdds"] = contender.Facts.MultiplyAdds,
                    ["arenaPeakBytes"] = contender.Facts.ArenaPeakBytes,
                    ["processPeakBytes"] = Process.GetCurrentProcess().PeakWorkingSet64,
                }.ToJsonString()
            );
    }

    public double[] Run(int count)
    {
        _process.StandardInput.WriteLine($"run {count}");
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended before it was told to");
        _last = JsonNode.Parse(line)!;
        return [.. _last["seconds"]!.AsArray().Select(value => value!.GetValue<double>())];
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.WriteLine("quit");
            if (!_process.WaitForExit(5000))
            {
                _process.Kill();
            }
        }
        catch (IOException)
        {
            // It had already ended.
        }

        _process.Dispose();
    }

    private static ProcessContender Start(ProcessStartInfo start, string what)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (process.StandardOutput.ReadLine() is { } line)
        {
            return new ProcessContender(process, JsonNode.Parse(line)!);
        }

        process.Dispose();
        throw new InvalidOperationException($"{what}: {errors.Result.Trim().Split('\n')[^1]}");
    }

    private long Whole(string name) => _last[name]?.GetValue<long>() ?? 0;
}
