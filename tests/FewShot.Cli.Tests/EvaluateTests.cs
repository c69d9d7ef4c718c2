using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class EvaluateTests
{
    [Fact]
    public void Reports_accuracy_with_its_conditions()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        JsonObject json = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "20", "--json").Json;
        Assert.Equal("protonet", (string)json["method"]!);
        Assert.Equal("exact", (string)json["order"]!);
        Assert.InRange((double)json["accuracy"]!, 0.2, 1);
        Assert.InRange((double)json["interval95"]!, 0, 0.3);
        Assert.Null(json["accuracyBefore"]);
        Assert.Equal((20, 5, 1, 3), ((int)json["episodes"]!, (int)json["ways"]!, (int)json["shots"]!, (int)json["queries"]!));
        Assert.Equal(("support", "test", 1), ((string)json["normStatistics"]!, (string)json["split"]!, (int)json["seed"]!));
        Assert.True(
            (double)json["adaptMillisecondsMedian"]! > 0
                && (double)json["adaptMillisecondsP95"]! >= (double)json["adaptMillisecondsMedian"]!
        );
        Assert.Single(json["steps"]!.AsArray());
    }

    [Fact]
    public void Methods_without_a_head_take_other_ways_and_statistics()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        JsonObject json = CommandResult
            .Good(
                "evaluate",
                "--run",
                folder["run"],
                "--episodes",
                "5",
                "--ways",
                "7",
                "--shots",
                "2",
                "--norm-statistics",
                "query",
                "--split",
                "validation",
                "--json"
            )
            .Json;
        Assert.Equal(
            (7, 2, "query", "validation"),
            ((int)json["ways"]!, (int)json["shots"]!, (string)json["normStatistics"]!, (string)json["split"]!)
        );
    }

    [Fact]
    public void Gradient_methods_show_every_step()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        JsonObject json = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "10", "--json").Json;
        Assert.Equal(3, json["steps"]!.AsArray().Count);
        Assert.Equal((double)json["steps"]![0]!["loss"]!, (double)json["lossBefore"]!);
        Assert.Equal((double)json["steps"]![2]!["loss"]!, (double)json["loss"]!);
        string text = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "10").Output;
        Assert.Contains("query mean squared error", text, StringComparison.Ordinal);
        Assert.Contains("10 episodes, seed 1", text, StringComparison.Ordinal);
    }
}
