using System.Diagnostics;
using FewShot.Benchmarks;
using Xunit;

namespace FewShot.Tests.Oracles;

/// <summary>Python with PyTorch, which some tests compare with.</summary>
internal static class PyTorch
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> s_installed = new(() =>
        File.Exists(Python) && Start("-c", "import torch, numpy").GetAwaiter().GetResult().ExitCode == 0
    );

    /// <summary>Skips the test where PyTorch is not installed.</summary>
    public static void Require()
    {
        if (!s_installed.Value)
        {
            Assert.Skip(
                "PyTorch is not installed: what is compared with it is not tested here "
                    + "(Debian: apt-get install python3-torch, or ./test --with-peers)"
            );
        }
    }

    /// <summary>Runs Python on one core, with the tensor files of benchmarks/peers at hand.</summary>
    public static async Task<(int ExitCode, string Errors)> Start(params IReadOnlyList<string> arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Python, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                Environment =
                {
                    ["OMP_NUM_THREADS"] = "1",
                    ["PYTHONPATH"] = Path.Combine(Repository.Root, "benchmarks", "peers"),
                    ["PYTHONDONTWRITEBYTECODE"] = "1",
                },
            }
        )!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }
}
