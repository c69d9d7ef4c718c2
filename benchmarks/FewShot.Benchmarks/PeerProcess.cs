using System.Diagnostics;
using System.Text.Json.Nodes;

namespace FewShot.Benchmarks;

/// <summary>A peer kept running, so that its repetitions take turns with ours without its start-up.</summary>
internal sealed class PeerProcess : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process _process;

    private PeerProcess(Process process, string name) => (_process, Name) = (process, name);

    public string Name { get; }

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

    /// <summary>Starts a peer and waits until it is warm; null with a message when it cannot do the workload.</summary>
    public static PeerProcess? Start(string folder, Peer peer, string workload, TextWriter messages)
    {
        var start = new ProcessStartInfo(Python)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // What a user of glibc sets to keep freed activations, and what peers/README.md says of it.
            Environment =
            {
                ["MALLOC_TRIM_THRESHOLD_"] = "4294967296", ["MALLOC_MMAP_THRESHOLD_"] = "33554432", ["MALLOC_TOP_PAD_"] = "268435456",
            },
        };
        foreach (string argument in (string[])[peer.Script, "--workload", workload, .. peer.Arguments.Split(' '), "--server"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string? line = process.StandardOutput.ReadLine();
        if (line is null)
        {
            messages.WriteLine($"{peer.Script} {peer.Arguments} cannot do {workload}: {errors.Result.Trim().Split('\n')[^1]}");
            process.Dispose();
            return null;
        }

        JsonNode ready = JsonNode.Parse(line)!;
        return new PeerProcess(process, $"{ready["peer"]!.GetValue<string>()} ({ready["threads"]!.GetValue<int>()})");
    }

    /// <summary>Seconds of one repetition, the median of several where one is short.</summary>
    public double Repeat(int count)
    {
        _process.StandardInput.WriteLine($"run {count}");
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"the peer {Name} ended");
        return JsonNode.Parse(line)!["medianSeconds"]!.GetValue<double>();
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
}
