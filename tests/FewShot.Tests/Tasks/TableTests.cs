using FewShot.Tasks;
using FewShot.Tasks.Data;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class TableTests
{
    private static readonly TaskOptions Small = new() { Shots = 1, QueriesPerClass = 1 };

    [Fact]
    public void Schools_become_standardised_regression_tasks()
    {
        string path = Path.Combine(Require("regression", "school.csv"), "regression", "school.csv");
        TableTasks source = TableTasks.Open(path, new TableOptions { Group = "school", Target = "score" }, new TaskOptions { Shots = 10, QueriesPerClass = 10 });
        Assert.Equal((28, 1, 10, 10), (source.Shape.InputSize, source.Shape.Outputs, source.Shape.SupportCount, source.Shape.QueryCount));
        SplitSummary[] splits = [.. Enum.GetValues<Split>().Select(split => source.Summarize(split)!)];
        Assert.Equal([89, 22, 28], splits.Select(split => split.Groups));
        Assert.Equal(15362, splits.Sum(split => split.Examples));
        Assert.True(source.TargetScale > 1);
        double sum = 0, squares = 0;
        for (int index = 0; index < 2000; index++)
        {
            Episode episode = Draw(source, index: index);
            Assert.NotNull(episode.TaskName);
            Assert.All(episode.SupportInputs, value => Assert.True(float.IsFinite(value)));
            sum += episode.SupportTargets.Average();
            squares += episode.SupportTargets.Average(value => value * value);
        }

        Assert.Equal(0, sum / 2000, 0.2);
        Assert.Equal(1, squares / 2000, 0.25);
    }

    [Fact]
    public void Growth_curves_open_and_too_small_groups_are_named_or_left_out()
    {
        string folder = Path.Combine(Require("regression", "ChickWeight.csv"), "regression");
        var boys = new TableOptions { Group = "Subject", Target = "height", Features = ["age"] };
        TableTasks oxboys = TableTasks.Open(Path.Combine(folder, "nlme_Oxboys.csv"), boys, new TaskOptions { Shots = 4, QueriesPerClass = 5 });
        Assert.Equal(["age"], oxboys.FeatureNames);
        Assert.Equal(26, Enum.GetValues<Split>().Sum(split => oxboys.Summarize(split)!.Groups));

        var chicks = new TableOptions { Group = "Chick", Target = "weight", Features = ["Time"] };
        var options = new TaskOptions { Shots = 4, QueriesPerClass = 6 };
        string path = Path.Combine(folder, "ChickWeight.csv");
        Assert.Contains("(4 shots + 6 queries)", OneLine(Assert.Throws<DataException>(() => TableTasks.Open(path, chicks, options))));
        TableTasks skipping = TableTasks.Open(path, chicks with { SkipSmallGroups = true }, options);
        Assert.InRange(Enum.GetValues<Split>().Sum(split => skipping.Summarize(split)!.Groups), 40, 49);
        Assert.Contains("left out", skipping.Description);
    }

    [Fact]
    public void Classification_takes_different_rows_of_each_class()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("t.csv", "who,x,\"kind, of\"\n" + string.Concat(
            from who in Enumerable.Range(0, 10) from kind in "abc" from row in Enumerable.Range(0, 4) select $"p{who},{(10 * (kind - 'a')) + row},\"{kind}\"\"\"\r\n"));
        ITaskSource source = TaskSources.Open(
            "table", path, new TaskOptions { Ways = 2, Shots = 2, QueriesPerClass = 2 },
            new SourceSettings { Table = new TableOptions { Group = "who", Target = "kind, of", Kind = TaskKind.Classification } });
        for (int index = 0; index < 20; index++)
        {
            Episode episode = Draw(source, Split.Test, index: index);
            Assert.All(episode.ClassNames!, name => Assert.EndsWith("\"", name));
            Assert.Equal(8, episode.SupportInputs.Concat(episode.QueryInputs).Distinct().Count());
            float[] first = [.. episode.SupportInputs[..2], .. episode.QueryInputs[..2]];
            float[] second = [.. episode.SupportInputs[2..], .. episode.QueryInputs[2..]];
            Assert.True(first.Max() < second.Min() || second.Max() < first.Min());
        }

        DatasetReport report = DatasetInspector.Inspect("table", path, new SourceSettings { Table = new TableOptions { Group = "who", Target = "kind, of", Kind = TaskKind.Classification } });
        Assert.Equal([6, 2, 2], report.Splits.Select(split => split.Groups));
        Assert.All(report.Splits, split => Assert.Equal((3, 4, 4), (split.Classes, split.FewestExamples, split.MostExamples)));
    }

    [Theory]
    [InlineData("g,x,y\na,1,2\na,nan,3\n", "Line 3, column 'x'", "'nan'")]
    [InlineData("g,x,y\na,1,2\na,NA,3\n", "Line 3, column 'x'", "'NA'")]
    [InlineData("g,x,y\na,1,2\na,,3\n", "Line 3, column 'x'", "is empty")]
    [InlineData("g,x,y\na,1,Infinity\n", "Line 2, column 'y'", "not a finite number")]
    [InlineData("g,x,y\n\"a\nb\",1,2\na,1\n", "Line 4", "2 columns, but the header has 3")]
    [InlineData("g,x,y\na,\"1,2\n", "Line 2|line 2", "never closed")]
    [InlineData("g,x,x\na,1,2\n", "'x'", "two columns")]
    [InlineData("g,x,Y\na,1,2\n", "no column 'y'", "Did you mean 'Y'?")]
    [InlineData("", "is empty", "header")]
    [InlineData("g,x,y\n", "no rows", "header")]
    public void Bad_tables_are_refused_with_line_and_column(string content, string where, string what)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("bad.csv", content);
        string message = OneLine(Assert.Throws<DataException>(() => TableTasks.Open(path, new TableOptions { Group = "g", Target = "y" }, Small)));
        Assert.Contains(path, message);
        Assert.Contains(where.Split('|')[^1], message);
        Assert.Contains(what, message);
    }

    [Fact]
    public void A_missing_table_or_missing_columns_say_so()
    {
        Assert.Contains("does not exist", OneLine(Assert.Throws<DataException>(() => TableTasks.Open("none.csv", new TableOptions { Group = "g", Target = "y" }, Small))));
        Assert.Contains("group column", OneLine(Assert.Throws<DataException>(() => TaskSources.Open("table", "none.csv", Small))));
        Assert.Contains("the root of the data", OneLine(Assert.Throws<DataException>(() => TaskSources.Open("table", null, Small))));
    }
}
