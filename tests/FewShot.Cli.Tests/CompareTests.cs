using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class CompareTests
{
    private static readonly string[] s_glyphs =
    [
        "compare",
        "--data",
        "glyphs",
        "--channels",
        "4",
        "--queries",
        "2",
        "--meta-batch",
        "2",
        "--iterations",
        "3",
        "--validation-episodes",
        "4",
        "--episodes",
        "6",
        "--workers",
        "1",
    ];

    [Fact]
    public void Measures_every_method_and_writes_table_and_report()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = CommandResult.Good(
            s_glyphs.With(
                "--methods",
                "maml,protonet",
                "--inner-steps",
                "2",
                "--validate-every",
                "1",
                "--set",
                "protonet:ways=6",
                "--out",
                folder["c"],
                "--json"
            )
        );
        JsonArray rows = result.Json["rows"]!.AsArray();
        Assert.Equal(["maml", "protonet"], rows.Select(row => (string)row!["method"]!));
        Assert.All(
            rows,
            row =>
            {
                Assert.Equal("measured", (string)row!["outcome"]!);
                Assert.InRange((double)row["accuracy"]!, 0, 1);
                Assert.Equal(3, (long)row["metaSteps"]!);
                Assert.True((double)row["adaptMillisecondsMedian"]! > 0 && (double)row["trainingSeconds"]! > 0);
                Assert.True((long)row["trainingPeakBytes"]! > (long)row["adaptPeakBytes"]! && (long)row["adaptPeakBytes"]! > 0);
                Assert.Equal(3, row["curve"]!.AsArray().Count);
            }
        );
        Assert.True((double)rows[0]!["accuracyBefore"]! >= 0);
        Assert.Equal("--ways 6", (string)rows[1]!["settings"]!);
        Assert.Contains("--inner-steps 2", (string)rows[0]!["train"]!, StringComparison.Ordinal);
        Assert.DoesNotContain("--inner-steps", (string)rows[1]!["train"]!, StringComparison.Ordinal);
        Assert.Contains("[2 of 2] protonet", result.Error, StringComparison.Ordinal);

        Assert.Equal(2, JsonNode.Parse(File.ReadAllText(folder["c/comparison.json"]))!["rows"]!.AsArray().Count);
        string markdown = File.ReadAllText(folder["c/comparison.md"]);
        Assert.Contains("| --ways 6 |", markdown.Replace("**", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("    fewshot train --method maml", markdown, StringComparison.Ordinal);
        string page = File.ReadAllText(folder["c/report.html"]);
        Assert.All(
            [
                "Accuracy on new tasks",
                "Time of adaptation",
                "Time of training",
                "Peak memory",
                "Validation while training",
                "fewshot evaluate --run",
            ],
            text => Assert.Contains(text, page, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Commands_of_a_row_give_its_figures()
    {
        using var folder = new TemporaryFolder();
        JsonNode row = CommandResult
            .Good(s_glyphs.With("--methods", "anil", "--set", "anil:inner-steps=1", "--set", "all:shots=2", "--out", folder["c"], "--json"))
            .Json["rows"]![0]!;
        string run = folder["c/anil"];
        byte[] weights = TrainTests.Weights(run);
        Directory.Delete(run, recursive: true);
        CommandResult.Good(Words(row["train"]!));
        Assert.Equal(weights, TrainTests.Weights(run));
        JsonObject measured = CommandResult.Good(Words(row["evaluate"]!).With("--json")).Json;
        Assert.Equal(1, (int)measured["shots"]!);
        Assert.Equal((double)row["accuracy"]!, (double)measured["accuracy"]!);
    }

    [Fact]
    public void Goes_on_where_it_stopped()
    {
        using var folder = new TemporaryFolder();
        string[] command = s_glyphs.With("--methods", "protonet,r2d2", "--out", folder["c"]);
        using (var stop = new CancellationTokenSource())
        using (var error = new WhenTold("into", stop.Cancel, times: 2))
        {
            Assert.Equal(ExitCode.Interrupted, CommandLine.Run(command, new Output(TextWriter.Null, error), stop.Token));
        }

        Assert.Single(JsonNode.Parse(File.ReadAllText(folder["c/comparison.json"]))!["rows"]!.AsArray());
        CommandResult again = CommandResult.Good(command.With("--json"));
        Assert.Equal(2, again.Json["rows"]!.AsArray().Count);
        Assert.Contains("protonet: measured before", again.Error, StringComparison.Ordinal);

        JsonObject longer = CommandResult.Good(command.With("--iterations", "5", "--json")).Json;
        Assert.All(longer["rows"]!.AsArray(), row => Assert.Equal(5, (long)row!["metaSteps"]!));
        CommandResult.Refused(ExitCode.Storage, ["was trained for longer", "--out"], command);
        CommandResult.Refused(
            ExitCode.Storage,
            ["another configuration", "learner.channels"],
            command.With("--iterations", "5", "--channels", "3")
        );
    }

    [Fact]
    public void What_is_not_possible_is_a_row_and_the_others_go_on()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = CommandResult.Of(
            s_glyphs.With(
                "--methods",
                "maml,r2d2,protonet-cosine,protonet",
                "--set",
                "maml:ways=6",
                "--set",
                "r2d2:inner-steps=2",
                "--set",
                "protonet-cosine:ways=1000",
                "--out",
                folder["c"],
                "--json"
            )
        );
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        JsonArray rows = result.Json["rows"]!.AsArray();
        Assert.Equal(["impossible", "impossible", "impossible", "measured"], rows.Select(row => (string)row!["outcome"]!));
        Assert.Contains("trained with a head for 6 ways", (string)rows[0]!["fault"]!, StringComparison.Ordinal);
        Assert.Contains("no inner steps", (string)rows[1]!["fault"]!, StringComparison.Ordinal);
        Assert.Contains("ask for fewer ways", (string)rows[2]!["fault"]!, StringComparison.Ordinal);
        Assert.Contains("not possible", File.ReadAllText(folder["c/comparison.md"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["c/maml"]));
    }

    [Fact]
    public void Comparisons_merge_into_one_table()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(s_glyphs.With("--methods", "protonet,r2d2", "--out", folder["one"]));
        CommandResult.Good(s_glyphs.With("--methods", "protonet", "--shots", "2", "--set", "all:queries=1", "--out", folder["two"]));
        string text = CommandResult.Good("compare", "--merge", folder["one"], folder["two"]).Output;
        Assert.Contains("| method | glyphs, 5-way 1-shot | glyphs, 5-way 2-shot |", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(line => line.StartsWith("| protonet |", StringComparison.Ordinal)));
        Assert.Contains($"fewshot compare --methods protonet --data glyphs --channels 4 --shots 2", text, StringComparison.Ordinal);
        Assert.Contains("--set all:queries=1", text, StringComparison.Ordinal);
        Assert.Equal(
            2,
            CommandResult.Good("compare", "--merge", folder["one"], folder["two"], "--json").Json["comparisons"]!.AsArray().Count
        );
        CommandResult.Refused(
            ExitCode.Usage,
            ["protonet on glyphs", "two of the comparisons"],
            "compare",
            "--merge",
            folder["one"],
            folder["one"]
        );
        CommandResult.Refused(ExitCode.Usage, ["leave --methods out"], "compare", "--merge", folder["one"], "--methods", "maml");
        CommandResult.Refused(ExitCode.Storage, ["comparison.json"], "compare", "--merge", folder["three"]);
    }

    [Fact]
    public void The_data_are_read_once_for_tasks_of_every_size()
    {
        using var folder = new TemporaryFolder();
        string table = Runs.WriteTable(folder["lines.csv"]);
        using (var error = new WhenTold("[1 of 2]", () => File.Delete(table)))
        {
            int code = CommandLine.Run(
                [
                    "compare",
                    "--methods",
                    "maml,r2d2",
                    "--data",
                    "table",
                    "--data-root",
                    table,
                    "--group",
                    "line",
                    "--target",
                    "y",
                    "--features",
                    "x",
                    "--shots",
                    "3",
                    "--queries",
                    "4",
                    "--set",
                    "r2d2:shots=4",
                    "--hidden",
                    "8,8",
                    "--meta-batch",
                    "2",
                    "--iterations",
                    "2",
                    "--inner-rate",
                    "0.01",
                    "--validation-episodes",
                    "4",
                    "--episodes",
                    "5",
                    "--workers",
                    "1",
                    "--out",
                    folder["c"],
                ],
                new Output(TextWriter.Null, error)
            );
            Assert.True(code == ExitCode.Ok, error.ToString());
        }

        Assert.False(File.Exists(table));
    }

    [Fact]
    public void What_diverges_is_reported_as_that()
    {
        using var folder = new TemporaryFolder();
        CommandResult result = CommandResult.Of(
            "compare",
            "--methods",
            "maml",
            "--data",
            "sinusoid",
            "--hidden",
            "8,8",
            "--meta-batch",
            "2",
            "--iterations",
            "20",
            "--inner-rate",
            "1e20",
            "--workers",
            "1",
            "--out",
            folder["c"],
            "--json"
        );
        Assert.Equal(ExitCode.Diverged, result.ExitCode);
        Assert.Equal("diverged", (string)result.Json["rows"]![0]!["outcome"]!);
        Assert.Contains("diverged", (string)result.Json["rows"]![0]!["fault"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Regression_is_compared_by_its_loss()
    {
        using var folder = new TemporaryFolder();
        JsonObject json = CommandResult
            .Good(
                "compare",
                "--methods",
                "maml,r2d2",
                "--data",
                "sinusoid",
                "--hidden",
                "8,8",
                "--queries",
                "4",
                "--meta-batch",
                "2",
                "--iterations",
                "4",
                "--inner-rate",
                "0.01",
                "--validation-episodes",
                "4",
                "--episodes",
                "5",
                "--workers",
                "1",
                "--out",
                folder["c"],
                "--json"
            )
            .Json;
        Assert.Equal("regression", (string)json["kind"]!);
        Assert.Equal(10, (int)json["shots"]!);
        Assert.All(
            json["rows"]!.AsArray(),
            row => Assert.True((double)row!["loss"]! > 0 && row["accuracy"] is null && row["normStatistics"] is null)
        );
        Assert.Contains("mean squared error", File.ReadAllText(folder["c/report.html"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'mamml'", "Did you mean 'maml'?", "mamml", "protonet:ways=4")]
    [InlineData("METHOD:OPTION=VALUE", "'ways=4'", "protonet", "ways=4")]
    [InlineData("not compared", "Compared are protonet", "protonet", "maml:ways=4")]
    [InlineData("'--way' cannot be set", "Did you mean '--ways'?", "protonet", "protonet:way=4")]
    [InlineData("'--budget' cannot be set", "Options that can", "protonet", "protonet:budget=4m")]
    [InlineData("--ways must be", "at least 2", "protonet", "protonet:ways=1")]
    public void Wrong_use_is_refused_before_anything_is_done(string what, string remedy, string methods, string setting)
    {
        using var folder = new TemporaryFolder();
        CommandResult.Refused(ExitCode.Usage, [what, remedy], s_glyphs.With("--methods", methods, "--set", setting, "--out", folder["c"]));
        Assert.False(Directory.Exists(folder["c"]));
    }

    [Fact]
    public void Methods_must_be_named() => CommandResult.Refused(ExitCode.Usage, ["--methods is missing"], "compare");

    private static string[] Words(JsonNode command)
    {
        string[] words = ((string)command!).Split(' ');
        Assert.Equal("fewshot", words[0]);
        return words[1..];
    }

    /// <summary>Does something when a word was written for the nth time, as a person could who watches.</summary>
    private sealed class WhenTold(string word, Action action, int times = 1) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (ToString().Split(word).Length > times)
            {
                action();
            }
        }
    }
}
