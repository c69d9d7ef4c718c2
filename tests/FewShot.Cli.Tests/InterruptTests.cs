using System.Diagnostics;
using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Ctrl-C and kill, sent to a process of its own.</summary>
public sealed class InterruptTests
{
    private static readonly string[] s_long = Runs.Sinusoid.With("--iterations", "400", "--validate-every", "20");

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task Resumes_to_the_bits_of_an_uninterrupted_run(string signal)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("signals are sent by kill, which Windows does not have");
        }

        using var folder = new TemporaryFolder();
        string run = folder["run"];
        using Process process = Start([.. s_long, "--out", run, "--iterations", "1000000000"]);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        WaitFor(() => File.Exists(RunFolder.LatestPath(run)), process);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        await process
            .WaitForExitAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(signal == "KILL" ? 137 : ExitCode.Interrupted, process.ExitCode);
        if (signal != "KILL")
        {
            Assert.Contains("Interrupted at iteration", await output, StringComparison.Ordinal);
            Assert.Contains($"fewshot train --out {run}", await output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", await error, StringComparison.Ordinal);
        long reached = Checkpoint.Read(RunFolder.LatestPath(run)).Iteration;
        string iterations = $"{reached + 15}";
        CommandResult.Good("train", "--out", run, "--iterations", iterations);
        CommandResult.Good([.. s_long, "--out", folder["straight"], "--iterations", iterations]);
        Assert.Equal(TrainTests.Weights(folder["straight"]), TrainTests.Weights(run));
    }

    private static Process Start(string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(
                Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet",
                [Path.Combine(AppContext.BaseDirectory, "FewShot.Cli.dll"), .. arguments]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private static void WaitFor(Func<bool> condition, Process process)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, "the process ended by itself");
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), "no checkpoint appeared");
            Thread.Sleep(20);
        }
    }
}
