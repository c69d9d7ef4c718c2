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

    [Fact]
    public void Groups_of_the_training_are_named_and_left_out_of_the_test_and_a_grown_table_changes_nothing_that_is_measured()
    {
        using var folder = new TemporaryFolder();
        void Write(params string[] splits) =>
            File.WriteAllText(
                folder["t.csv"],
                "line,x,y,part\n"
                    + string.Concat(
                        from line in Enumerable.Range(0, splits.Length)
                        from x in Enumerable.Range(0, 12)
                        select $"g{line},{x},{(line + 1) * x},{splits[line]}\n"
                    )
            );
        Write("train", "train", "test");
        Train(folder, "run", "--split-column", "part");
        double before = Measured(folder, "run");

        // A group more would change mean and deviation, were they not the learner's.
        Write("train", "train", "test", "train");
        Assert.Equal(before, Measured(folder, "run"));
        CommandResult.Refused(
            ExitCode.Data,
            ["learns from 2 classes or groups", "now has 3", "'g3'"],
            "train",
            "--out",
            folder["run"],
            "--iterations",
            "4"
        );

        Write("train", "test", "test");
        CommandResult moved = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "30", "--json");
        Assert.Contains("left out, because the run was trained on them: g1", moved.Error, StringComparison.Ordinal);
        Assert.Equal(before, (double)moved.Json["loss"]!);
        Write("train", "test", "validation");
        CommandResult.Refused(ExitCode.Data, ["no test split", "1 of its groups are left out"], "evaluate", "--run", folder["run"]);
    }

    [Fact]
    public void Rows_to_predict_get_advice_that_fits_a_trained_learner()
    {
        using var folder = new TemporaryFolder();
        Runs.WriteTable(folder["t.csv"]);
        Train(folder, "run");
        File.WriteAllText(folder["few.csv"], "x,y\n1,2\n2,4\n3,6\n");
        CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["few.csv"], "--out", folder["m"]);
        File.WriteAllText(folder["text.csv"], "x\n1\nnorth\n");
        CommandResult text = CommandResult.Refused(
            ExitCode.Data,
            ["Line 3, column 'x'", "correct it or remove the row"],
            "predict",
            "--model",
            folder["m"],
            folder["text.csv"]
        );
        Assert.DoesNotContain("--features", text.Error, StringComparison.Ordinal);
        File.WriteAllText(folder["comma.csv"], "x;z\n1,5;0\n");
        CommandResult comma = CommandResult.Refused(
            ExitCode.Data,
            ["Line 2, column 'x'", "as the table of the training did"],
            "predict",
            "--model",
            folder["m"],
            folder["comma.csv"]
        );
        Assert.DoesNotContain("--decimal", comma.Error, StringComparison.Ordinal);
        File.WriteAllText(folder["far.csv"], "x\n1\n1e14\n");
        CommandResult.Refused(
            ExitCode.Data,
            ["Line 3, column 'x'", "1e7 standard deviations"],
            "predict",
            "--model",
            folder["m"],
            folder["far.csv"]
        );
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
