using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class TrainTests
{
    [Fact]
    public void Gives_one_json_object()
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
    public void Text_says_how_to_measure_the_run()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        Assert.Contains($"fewshot evaluate --run {folder["run"]}", result.Output, StringComparison.Ordinal);
        Assert.Contains("maml (exact) on sinusoid", result.Error, StringComparison.Ordinal);

        // One iteration does not tell how fast they go.
        string first = Assert.Single(result.Error.Split('\n'), line => line.StartsWith("iteration 1 ", StringComparison.Ordinal));
        Assert.Matches(@"^iteration 1  loss [\d.]+\r?$", first);
    }

    [Fact]
    public void Configuration_holds_everything_but_the_workers()
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
    public void Weights_of_the_tasks_are_stored_logged_and_drawn()
    {
        using var folder = new TemporaryFolder();
        JsonObject json = CommandResult
            .Good(
                Runs.Sinusoid.With(
                    "--out",
                    folder["run"],
                    "--weighting",
                    "agreement",
                    "--weighting-floor",
                    "none",
                    "--rates",
                    "layer-step",
                    "--json"
                )
            )
            .Json;
        Assert.Equal("gradient agreement", (string)json["weighting"]!);
        JsonObject stored = RunFolder.ReadConfiguration(folder["run"]);
        Assert.Equal(
            ("agreement", "-Infinity", "layerAndStep"),
            ((string)stored["learner"]!["weighting"]!, (string)stored["learner"]!["weightingFloor"]!, (string)stored["learner"]!["rates"]!)
        );
        Assert.All(
            RunFolder.ReadLog(folder["run"]),
            entry => Assert.True((double)entry["weights/least"]! <= (double)entry["weights/largest"]!)
        );
        Assert.Contains("largest weight", File.ReadAllText(folder["run/weights.svg"]), StringComparison.Ordinal);

        CommandResult.Good(Runs.Sinusoid.With("--out", folder["plain"]));
        Assert.All(RunFolder.ReadLog(folder["plain"]), entry => Assert.False(entry.ContainsKey("weights/least")));
        Assert.False(File.Exists(folder["plain/weights.svg"]));
    }

    [Theory]
    [InlineData("--weighting", "agree", "one of uniform, agreement, similarity, loss")]
    [InlineData("--rates", "layerandstep", "one of fixed, scalar, layer, layer-step, parameter")]
    [InlineData("--flow-time", "0", "a number above 0 or inf")]
    [InlineData("--weighting-floor", "low", "a number or none")]
    [InlineData("--weighting-temperature", "0", "a number other than 0")]
    public void Wrong_words_say_which_there_are(string option, string value, string expected) =>
        CommandResult.Refused(ExitCode.Usage, [option, expected, value], "train", option, value);

    [Fact]
    public void Longer_run_needs_nothing_but_the_folder()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["once"], "--iterations", "30"));
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["twice"]));
        JsonObject json = CommandResult.Good("train", "--out", folder["twice"], "--iterations", "30", "--json").Json;
        Assert.Equal(30, (long)json["iterations"]!);
        Assert.Equal(Weights(folder["once"]), Weights(folder["twice"]));
    }

    [Fact]
    public void Workers_do_not_change_the_numbers()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["one"]));
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["two"], "--workers", "2"));
        Assert.Equal(Weights(folder["one"]), Weights(folder["two"]));
    }

    [Fact]
    public void Asked_to_stop_it_keeps_what_is_done()
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
        [
            .. Checkpoint
                .Read(RunFolder.LatestPath(run))
                .Weights.SelectMany(tensor => tensor.Float32.ToArray())
                .SelectMany(BitConverter.GetBytes),
        ];
}
