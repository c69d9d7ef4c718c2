using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FewShot.Compute.Execution.Simd;

namespace FewShot.Benchmarks;

/// <summary>What the figures depend on.</summary>
internal static class Machine
{
    public static string Name { get; } = $"{Processor()}, {Environment.ProcessorCount} cores, {SimdProgram.VectorLevel}, {RuntimeInformation.OSDescription}";

    /// <summary>Short enough for a file's name.</summary>
    public static string Slug { get; } = string.Join(
        '-', $"{Processor()} {Environment.ProcessorCount} cores {SimdProgram.VectorLevel}".ToLowerInvariant().Split(' ', '(', ')', '@', '/', ',', '.').Where(word => word.Length > 0));

    public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static JsonObject Versions(bool withPeers) => new()
    {
        ["fewshot"] = typeof(Learner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        ["dotnet"] = $"{Environment.Version}",
        ["torch"] = withPeers ? Ask("import torch; print(torch.__version__)") : null,
    };

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : RuntimeInformation.ProcessArchitecture.ToString();

    private static string Ask(string program)
    {
        using Process python = Process.Start(new ProcessStartInfo(ProcessContender.Python, ["-c", program]) { RedirectStandardOutput = true })!;
        string answer = python.StandardOutput.ReadToEnd().Trim();
        python.WaitForExit();
        return answer;
    }
}
