using System.Text.Json.Nodes;
using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class TrainTests
{
    [Fact]
    public void GivesOneJsonObject()
    {
        using var folder = new TemporaryFolder();
        JsonObject json = CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"], "--json")).Json;
        Assert.Equal("completed", (string)json["end"]!);
        Assert.Equal("exact", (string)json["order"]!);
        Assert.Equal(20, (long)json["iterations"]!);
        Assert.True(double.IsFinite((double)json["bestValidationLoss"]!));
        Assert.Equal(2, RunFolder.ReadLog(folder["run"]).Count);
    }

    [Fact]
    public void TextSaysHowToMeasureTheRun()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        Assert.Contains($"fewshot evaluate --run {folder["run"]}", result.Output, StringComparison.Ordinal);
        Assert.Contains("maml (exact) on sinusoid", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ConfigurationHoldsEverythingButTheWorkers()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"], "--seed", "7"));
        JsonObject json = RunFolder.ReadConfiguration(folder["run"]);
        Assert.Equal("maml", (string)json["learner"]!["method"]!);
        Assert.Equal(2, (int)json["learner"]!["innerSteps"]!);
        Assert.Equal(7, (int)json["training"]!["seed"]!);
        Assert.Equal("sinusoid", (string)json["data"]!["source"]!);
        Assert.Equal(5, (int)json["data"]!["shots"]!);
        Assert.DoesNotContain("workers", json.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void LongerRunNeedsNothingButTheFolder()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["once"], "--iterations", "30"));
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["twice"]));
        JsonObject json = CommandResult.Good("train", "--out", folder["twice"], "--iterations", "30", "--json").Json;
        Assert.Equal(30, (long)json["iterations"]!);
        Assert.Equal(Weights(folder["once"]), Weights(folder["twice"]));
    }

    [Fact]
    public void WorkersDoNotChangeTheNumbers()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["one"]));
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["two"], "--workers", "2"));
        Assert.Equal(Weights(folder["one"]), Weights(folder["two"]));
    }

    [Fact]
    public void AskedToStopItKeepsWhatIsDone()
    {
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        int code = CommandLine.Run(Runs.Sinusoid.With("--out", folder["run"]), new Output(output, error), stop.Token);
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.Contains($"fewshot train --out {folder["run"]}", output.ToString(), StringComparison.Ordinal);
        CommandResult.Good("train", "--out", folder["run"]);
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["straight"]));
        Assert.Equal(Weights(folder["straight"]), Weights(folder["run"]));
    }

    internal static byte[] Weights(string run) =>
        [.. Checkpoint.Read(RunFolder.LatestPath(run)).Weights.SelectMany(tensor => tensor.Float32.ToArray()).SelectMany(BitConverter.GetBytes)];
}
