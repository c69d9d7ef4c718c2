using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FewShot.Compute.Execution;

namespace FewShot.Benchmarks;

/// <summary>What the figures depend on.</summary>
internal static class Machine
{
    public static string Name { get; } =
        $"{Processor()}, {Environment.ProcessorCount} cores, {SimdProgram.VectorLevel}, {RuntimeInformation.OSDescription}";

    /// <summary>Short enough for a file's name.</summary>
    public static string Slug { get; } =
        string.Join(
            '-',
            $"{Processor()} {Environment.ProcessorCount} cores {SimdProgram.VectorLevel}"
                .ToLowerInvariant()
                .Split(' ', '(', ')', '@', '/', ',', '.')
                .Where(word => word.Length > 0)
        );

    public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static JsonObject Versions(bool withPeers) =>
        new()
        {
            ["fewshot"] = typeof(Learner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            ["dotnet"] = $"{Environment.Version}",
            ["torch"] = withPeers ? Ask("import torch; print(torch.__version__)") : null,
        };

    // The name alone does not tell generations apart: "AMD EPYC" of a virtual machine is Zen 4 as family 25 and Zen 5 as family 26.
    private static string Processor()
    {
        if (!File.Exists("/proc/cpuinfo"))
        {
            return RuntimeInformation.ProcessArchitecture.ToString();
        }

        // The lines of the first core end at the first empty one.
        Dictionary<string, string> fields = File.ReadLines("/proc/cpuinfo")
            .TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(field => field.Length == 2)
            .ToDictionary(field => field[0], field => field[1]);
        string name = fields.GetValueOrDefault("model name", "unknown processor");
        return fields.TryGetValue("cpu family", out string? family)
            ? $"{name} family {family} model {fields.GetValueOrDefault("model", "?")}"
            : name;
    }

    private static string Ask(string program)
    {
        using Process python = Process.Start(
            new ProcessStartInfo(ProcessContender.Python, ["-c", program]) { RedirectStandardOutput = true }
        )!;
        string answer = python.StandardOutput.ReadToEnd().Trim();
        python.WaitForExit();
        return answer;
    }
}
