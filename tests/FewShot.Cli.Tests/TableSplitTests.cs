using System.Text.Json.Nodes;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Which groups of a table a run learns from, and what stays of it when the table grows.</summary>
public sealed class TableSplitTests
{
    [Fact]
    public void A_run_stores_its_rule_and_one_of_before_is_read_by_rank()
    {
        using var folder = new TemporaryFolder();
        Runs.WriteTable(folder["t.csv"]);
        Train(folder, "run");
        string file = Path.Combine(folder["run"], "config.json");
        JsonObject configuration = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.Equal("byHash", (string)configuration["data"]!["division"]!);
        double before = Measured(folder, "run");
        File.AppendAllText(folder["t.csv"], string.Concat(Enumerable.Range(0, 12).Select(x => $"g12,{x},{x * x}\n")));
        Assert.Equal(before, Measured(folder, "run"));

        // What the configuration of a run of before says: nothing of it. Other groups are tested then.
        Assert.True(configuration["data"]!.AsObject().Remove("division"));
        File.WriteAllText(file, configuration.ToJsonString());
        Runs.ForgetConfiguration(folder["run"]);
        Assert.NotEqual(before, Measured(folder, "run"));
    }

    [Fact]
    public void A_column_of_splits_is_stored_with_the_run_and_named_where_a_split_is_empty()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(
            folder["t.csv"],
            "line,x,y,part\n"
                + string.Concat(
                    from line in Enumerable.Range(0, 2)
                    from x in Enumerable.Range(0, 12)
                    select $"g{line},{x},{(line + 1) * x},{(line == 0 ? "train" : "test")}\n"
                )
        );
        Train(folder, "given", "--split-column", "part");
        Measured(folder, "given");
        Train(folder, "hashed", "--features", "x");
        CommandResult.Refused(ExitCode.Data, ["no test split", "--split-column"], "evaluate", "--run", folder["hashed"]);
        CommandResult.Refused(ExitCode.Usage, ["--split-column is for --data table"], "train", "--split-column", "part");
    }

    private static void Train(TemporaryFolder folder, string run, params string[] more) =>
        CommandResult.Good([
            "train",
            "--method",
            "r2d2",
            "--data",
            "table",
            "--data-root",
            folder["t.csv"],
            "--group",
            "line",
            "--target",
            "y",
            "--hidden",
            "8",
            "--shots",
            "5",
            "--queries",
            "5",
            "--meta-batch",
            "2",
            "--iterations",
            "2",
            "--workers",
            "1",
            "--out",
            folder[run],
            .. more,
        ]);

    private static double Measured(TemporaryFolder folder, string run) =>
        (double)CommandResult.Good("evaluate", "--run", folder[run], "--split", "test", "--episodes", "30", "--json").Json["loss"]!;
}
