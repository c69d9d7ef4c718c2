using System.Text.Json.Nodes;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class PatternsTests
{
    private static readonly string[] s_train =
    [
        "train",
        "--method",
        "maml",
        "--data",
        "glyphs",
        "--model",
        "mlp",
        "--hidden",
        "6",
        "--queries",
        "3",
        "--inner-steps",
        "2",
        "--meta-batch",
        "2",
        "--iterations",
        "2",
        "--validation-episodes",
        "2",
        "--workers",
        "1",
    ];

    [Fact]
    public void The_choice_is_stored_and_followed()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(s_train.With("--out", folder["run"]));
        CommandResult.Refused(
            ExitCode.Usage,
            ["no pattern was chosen", "fewshot patterns"],
            "evaluate",
            "--run",
            folder["run"],
            "--pattern",
            "chosen"
        );

        JsonObject json = CommandResult
            .Good("patterns", "--run", folder["run"], "--episodes", "6", "--rounds", "1", "--workers", "1", "--json")
            .Json;
        Assert.Equal("11;11", (string)json["allOnes"]!["pattern"]!);
        Assert.Equal(
            (double)json["allOnes"]!["milliseconds"]! / (double)json["chosen"]!["milliseconds"]!,
            (double)json["chosen"]!["speedup"]!,
            1e-9
        );
        Assert.NotNull(json["bestOneStep"]!["accuracy"]);
        Assert.NotEmpty(json["front"]!.AsArray());
        Assert.True(File.Exists(folder["run/patterns.svg"]));
        Assert.True((int)json["screened"]! >= (int)json["measured"]!);

        string chosen = (string)json["chosen"]!["pattern"]!;
        string Pattern(params string[] more) =>
            (string)CommandResult.Good(["evaluate", "--run", folder["run"], "--episodes", "2", "--json", .. more]).Json["pattern"]!;
        Assert.Equal(chosen, Pattern("--pattern", "chosen"));
        Assert.Equal("all", Pattern());
        Assert.Equal("01", Pattern("--pattern", "01"));
    }

    [Fact]
    public void Training_under_a_pattern_keeps_it()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(s_train.With("--out", folder["run"], "--pattern", "01;11", "--rates", "layer-step"));
        Assert.Equal("01;11", (string)CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "2", "--json").Json["pattern"]!);
    }
}
