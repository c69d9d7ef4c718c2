using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Data.Tables;
using FewShot.Tasks;
using FewShot.Tests.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class TableTests
{
    private static readonly TaskOptions s_small = new() { Shots = 1, QueriesPerClass = 1 };

    [Fact]
    public void Schools_become_standardised_regression_tasks()
    {
        string path = Path.Combine(Require("regression", "school.csv"), "regression", "school.csv");
        TableTasks source = TableTasks.Open(
            path,
            new TableOptions { Group = "school", Target = "score" },
            new TaskOptions { Shots = 10, QueriesPerClass = 10 }
        );
        Assert.Equal((28, 1, 10, 10), (source.Shape.InputSize, source.Shape.Outputs, source.Shape.SupportCount, source.Shape.QueryCount));
        SplitSummary[] splits = [.. Enum.GetValues<Split>().Select(split => source.Summarize(split)!)];
        Assert.Equal([86, 28, 25], splits.Select(split => split.Groups));
        Assert.Equal(15362, splits.Sum(split => split.Examples));
        Assert.True(source.TargetScale > 1);
        double sum = 0,
            squares = 0;
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
        var boys = new TableOptions
        {
            Group = "Subject",
            Target = "height",
            Features = ["age"],
        };
        TableTasks oxboys = TableTasks.Open(
            Path.Combine(folder, "nlme_Oxboys.csv"),
            boys,
            new TaskOptions { Shots = 4, QueriesPerClass = 5 }
        );
        Assert.Equal(["age"], oxboys.FeatureNames);
        Assert.Equal(26, Enum.GetValues<Split>().Sum(split => oxboys.Summarize(split)!.Groups));

        var chicks = new TableOptions
        {
            Group = "Chick",
            Target = "weight",
            Features = ["Time"],
        };
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
        string path = folder.Write(
            "t.csv",
            "who,x,\"kind, of\"\n"
                + string.Concat(
                    from who in Enumerable.Range(0, 10)
                    from kind in "abc"
                    from row in Enumerable.Range(0, 4)
                    select $"p{who},{(10 * (kind - 'a')) + row},\"{kind}\"\"\"\r\n"
                )
        );
        SourceSettings settings = new SourceSettings()
            .With(TableSource.Group, "who")
            .With(TableSource.Target, "kind, of")
            .With(TableSource.Kind, TaskKind.Classification);
        ITaskSource source = TaskSources.Open(
            "table",
            path,
            new TaskOptions
            {
                Ways = 2,
                Shots = 2,
                QueriesPerClass = 2,
            },
            settings
        );
        for (int index = 0; index < 20; index++)
        {
            Episode episode = Draw(source, Split.Test, index: index);
            Assert.All(episode.ClassNames!, name => Assert.EndsWith("\"", name));
            Assert.Equal(8, episode.SupportInputs.Concat(episode.QueryInputs).Distinct().Count());
            float[] first = [.. episode.SupportInputs[..2], .. episode.QueryInputs[..2]];
            float[] second = [.. episode.SupportInputs[2..], .. episode.QueryInputs[2..]];
            Assert.True(first.Max() < second.Min() || second.Max() < first.Min());
        }

        DatasetReport report = TaskSources.Read("table", path, settings).Inspect();
        Assert.Equal([4, 3, 3], report.Splits.Select(split => split.Groups));
        Assert.All(report.Splits, split => Assert.Equal((3, 4, 4), (split.Classes, split.FewestExamples, split.MostExamples)));
    }

    [Theory]
    [InlineData("1,1,1,1,1,7")]
    [InlineData("0,0,0,0,1,1000000")]
    [InlineData("5,5,5,5,5,5")]
    [InlineData("1,2,4,50,1e3,3e6")]
    [InlineData("1e30,2e30,3e30,1e30,4e30,2e30")]
    public void Honest_columns_of_long_tails_of_one_value_and_of_large_numbers_are_taken(string column)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("t.csv", "g,x,y,s\n" + string.Concat(column.Split(',').Select((x, i) => $"a,{x},{i},train\n")));
        TableTasks tasks = TableTasks.Open(
            path,
            new TableOptions
            {
                Group = "g",
                Target = "y",
                SplitColumn = "s",
            },
            s_small with
            {
                Only = Split.Train,
            }
        );
        Assert.All(Draw(tasks, Split.Train).SupportInputs, value => Assert.InRange(value, -10, 10));
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
    [InlineData(
        "g;x;y\na;1,5;2\n",
        "Line 2, column 'x'",
        "columns are separated by semicolons: give the other decimal mark (TableFormat.DecimalMark is ',')"
    )]
    [InlineData("g\tx\ty\na\t1,5\t2\n", "Line 2, column 'x'", "columns are separated by tabs")]
    [InlineData("g,x,y\na,2024-03-01,2\n", "Line 2, column 'x'", "it is a date")]
    [InlineData("g,x,y\na,12:30,2\n", "Line 2, column 'x'", "it is a time, give the seconds or hours")]
    [InlineData("g,x,y\na,1 234,2\n", "Line 2, column 'x'", "thousands are grouped")]
    [InlineData("g,x,y\na,\"1,234,567.5\",2\n", "Line 2, column 'x'", "thousands are grouped")]
    [InlineData(
        "g,x,y\na,\"1,234\",2\n",
        "TableFormat.DecimalMark is ','",
        "If the comma only groups thousands, write the number without it"
    )]
    [InlineData("g,x,y\na,1,2\na,2,3\na,1e30,2\na,4,4\n", "Line 4, column 'x'", "is 1e30")]
    [InlineData("g,x,y\na,1,2\na,2,3\na,3,2\na,4,-1e30\n", "Line 5, column 'y'", "correct it or remove the row")]
    [InlineData("g,x,y\na,0,2\na,0,3\na,0,2\na,1,4\na,1,4\na,1e9,4\n", "Line 7, column 'x'", "column's median")]
    [InlineData("g,x,y\na,north,2\n", "Line 2, column 'x'", "TableOptions.Features")]
    [InlineData("g,x,y\na,1,low\n", "Line 2, column 'y'", "TableOptions.Kind is Classification")]
    [InlineData("g,x,y\na,1,2\na,1e308,2\n", "Line 3, column 'x'", "at most 3.4e38")]
    [InlineData("g,x,y\na,1,2\na,1,-1e200\n", "Line 3, column 'y'", "at most 3.4e38")]
    [InlineData("g,x,y\na,1,2\na,1,1e999\n", "Line 3, column 'y'", "at most 3.4e38")]
    [InlineData("g,x,y\ra,1,2\r", "Line 1", "carriage return alone")]
    [InlineData("g,x,y\na,1,2\na\0,1,2\n", "Line 3", "null character")]
    [InlineData("", "is empty", "header")]
    [InlineData("g,x,y\n", "no rows", "header")]
    public void Bad_tables_are_refused_with_line_and_column(string content, string where, string what)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("bad.csv", content);
        string message = OneLine(
            Assert.Throws<DataException>(() => TableTasks.Open(path, new TableOptions { Group = "g", Target = "y" }, s_small))
        );
        Assert.Contains(path, message);
        Assert.Contains(where.Split('|')[^1], message);
        Assert.Contains(what, message);
    }

    [Fact]
    public void Text_that_is_not_in_the_encoding_is_refused_with_its_line_and_read_when_its_encoding_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("latin.csv", "");
        File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes("g,x,y\nMüller,1,2\nMöller,2,3\n"));
        var columns = new TableOptions { Group = "g", Target = "y" };
        string message = OneLine(Assert.Throws<DataException>(() => Table.Read(path, columns)));
        Assert.Contains("Line 2 of", message);
        Assert.Contains("utf-8", message);
        Table table = Table.Read(path, columns with { Format = new TableFormat { Encoding = "windows-1252" } });
        Assert.Equal(["Müller", "Möller"], table.Groups.Select(group => group.Name));
        Assert.Contains("utf-9", Assert.Throws<ArgumentException>(() => new TableFormat { Encoding = "utf-9" }).Message);

        File.WriteAllText(path, "g,x,y\nMüller,1,2\nMöller,2,3\n", System.Text.Encoding.Unicode);
        Assert.Equal(["Müller", "Möller"], Table.Read(path, columns).Groups.Select(group => group.Name));
    }

    [Theory]
    [InlineData("g;x;y\na;1,5;\"2;5\"\n", ',', null)]
    [InlineData("g\tx\ty\na\t1.5\t2;5\n", '.', null)]
    [InlineData("g|x|y\na|1,5|2;5\n", ',', '|')]
    public void Separators_are_found_in_the_header_or_given_and_decimal_marks_are_given(string content, char mark, char? separator)
    {
        using var folder = new TemporaryFolder();
        var format = new TableFormat { DecimalMark = mark, Separator = separator };
        Table table = Table.Read(
            folder.Write("t.csv", content),
            new TableOptions
            {
                Group = "g",
                Target = "y",
                Kind = TaskKind.Classification,
                Format = format,
            }
        );
        Assert.Equal(1.5, table.FeatureMeans[0]);
        Assert.Equal(["2;5"], table.Groups[0].Labels);
        Assert.Equal(format, table.Preparation.Format);
    }

    [Fact]
    public void A_line_beyond_the_limit_is_refused_without_being_held()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("long.csv", "g,x,y\n");
        using (var file = new FileStream(path, FileMode.Append))
        {
            file.SetLength(1L << 30);
        }

        byte[] commas = new byte[64 << 20];
        Array.Fill(commas, (byte)',');
        string wide = folder.Write("wide.csv", "g,x,y\n");
        File.AppendAllBytes(wide, commas);
        string quoted = folder.Write("quoted.csv", "g,x,y\na,\"" + new string('\n', 3 << 20));
        foreach (string name in new[] { wide, quoted })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            string message = OneLine(Assert.Throws<DataException>(() => Table.Read(name, new TableOptions { Group = "g", Target = "y" })));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
            Assert.Contains("ine 2 of", message);
            Assert.Contains("1,048,576 characters", message);
        }

        Assert.Contains(
            "null character",
            Assert.Throws<DataException>(() => Table.Read(path, new TableOptions { Group = "g", Target = "y" })).Message
        );
    }

    [Fact]
    public void A_row_too_far_from_the_training_rows_is_refused_by_line_in_other_splits_and_in_queries()
    {
        using var folder = new TemporaryFolder();
        var columns = new TableOptions { Group = "g", Target = "y" };
        string lines = string.Concat(Enumerable.Range(0, 200).Select(row => $"g{row % 20},{row % 7},{row % 5}\n"));
        Table table = Table.Read(folder.Write("t.csv", "g,x,y\n" + lines), columns);
        string tested = table.In(Split.Test).First().Name;
        string message = OneLine(
            Assert.Throws<DataException>(() => Table.Read(folder.Write("far.csv", $"g,x,y\n{lines}{tested},1e30,2\n"), columns))
        );
        Assert.Contains("Line 202, column 'x'", message);
        TablePreparation preparation = table.Preparation;
        Assert.Equal(2, preparation.Read(folder.Write("q.csv", "x\n1\n1e6\n"), targets: null).Inputs.Length);
        Assert.Contains(
            "Line 3, column 'x'",
            OneLine(Assert.Throws<DataException>(() => preparation.Read(folder.Write("q.csv", "x\n1\n1e30\n"), targets: null)))
        );
    }

    [Fact]
    public void A_group_keeps_its_split_whatever_groups_are_added_and_the_rank_rule_stays_for_runs_of_before()
    {
        using var folder = new TemporaryFolder();
        var columns = new TableOptions { Group = "g", Target = "y" };
        Dictionary<string, Split> SplitsOf(int groups, TableOptions options) =>
            Table.Read(Groups(folder, groups), options).Groups.ToDictionary(group => group.Name, group => group.Split);

        // By SHA-256 outside this program: of g0 to g19 these are below 0.20, and these from there to below 0.36.
        Dictionary<string, Split> twenty = SplitsOf(20, columns);
        Assert.Equal(["g5", "g6", "g8", "g9", "g11", "g14"], twenty.Where(item => item.Value == Split.Test).Select(item => item.Key));
        Assert.Equal(["g2", "g3", "g12", "g16"], twenty.Where(item => item.Value == Split.Validation).Select(item => item.Key));
        foreach (int groups in new[] { 5, 10, 21, 40, 200 })
        {
            Dictionary<string, Split> others = SplitsOf(groups, columns);
            Assert.All(twenty.Keys.Intersect(others.Keys), name => Assert.Equal(twenty[name], others[name]));
        }

        TableOptions ranked = columns with { Division = ClassDivision.ByRank };
        Dictionary<string, Split> before = SplitsOf(20, ranked),
            after = SplitsOf(40, ranked);
        Assert.Equal((13, 3, 4), (Count(Split.Train), Count(Split.Validation), Count(Split.Test)));
        Assert.Contains(before, item => after[item.Key] != item.Value);
        int Count(Split split) => before.Values.Count(value => value == split);
    }

    [Fact]
    public void A_column_may_name_the_splits_and_is_no_input()
    {
        using var folder = new TemporaryFolder();
        var columns = new TableOptions
        {
            Group = "g",
            Target = "y",
            SplitColumn = "part",
        };
        TableTasks source = TableTasks.Open(
            folder.Write("t.csv", "g,part,x,y\na,Train,1,2\na,training,2,3\nb,TEST,1,2\nb,test,5,5\n"),
            columns,
            s_small
        );
        Assert.Equal(["x"], source.FeatureNames);
        Assert.Equal("a", Draw(source, Split.Train).TaskName);
        Assert.Equal("b", Draw(source, Split.Test).TaskName);
        Assert.Contains("column 'part'", OneLine(Assert.Throws<DataException>(() => Draw(source, Split.Validation))));
        string Refused(string rows) =>
            OneLine(Assert.Throws<DataException>(() => Table.Read(folder.Write("bad.csv", "g,part,x,y\n" + rows), columns)));
        Assert.Contains("Line 2 of", Refused("a,first,1,2\n"));
        Assert.Contains("'first'; write train, validation or test", Refused("a,first,1,2\n"));
        Assert.Contains("Line 3 of", Refused("a,train,1,2\na,test,1,2\n"));
        Assert.Contains("keep a group in one split", Refused("a,train,1,2\na,test,1,2\n"));
        Assert.Contains("is empty", Refused("a,,1,2\n"));
        Assert.Contains(
            "cannot also be",
            OneLine(
                Assert.Throws<DataException>(() =>
                    Table.Read(folder.Write("own.csv", "g,part,x,y\na,train,1,2\n"), columns with { Features = ["x", "part"] })
                )
            )
        );
    }

    [Fact]
    public void A_split_that_the_hashes_leave_empty_is_named_with_the_way_out()
    {
        using var folder = new TemporaryFolder();
        var columns = new TableOptions { Group = "g", Target = "y" };
        TableTasks two = TableTasks.Open(Groups(folder, 2), columns, s_small);
        Assert.False(two.HasSplit(Split.Validation) || two.HasSplit(Split.Test));
        string message = OneLine(Assert.Throws<DataException>(() => Draw(two, Split.Test)));
        Assert.Contains("no test split", message);
        Assert.Contains("TableOptions.SplitColumn", message);
        message = OneLine(Assert.Throws<DataException>(() => Table.Read(folder.Write("t.csv", "g,x,y\ng5,1,2\ng2,1,2\n"), columns)));
        Assert.Contains("training split", message);
        Assert.Contains("TableOptions.SplitColumn", message);
    }

    private static string Groups(TemporaryFolder folder, int count) =>
        folder.Write(
            "groups.csv",
            "g,x,y\n"
                + string.Concat(
                    Enumerable.Range(0, count).SelectMany(group => Enumerable.Range(0, 3).Select(row => $"g{group},{row},{group + row}\n"))
                )
        );

    [Fact]
    public void A_missing_table_or_missing_columns_say_so()
    {
        Assert.Contains(
            "does not exist",
            OneLine(
                Assert.Throws<DataException>(() => TableTasks.Open("none.csv", new TableOptions { Group = "g", Target = "y" }, s_small))
            )
        );
        Assert.Contains(
            "needs its option 'group'",
            OneLine(Assert.Throws<DataException>(() => TaskSources.Open("table", "none.csv", s_small)))
        );
        Assert.Contains("the root of the data", OneLine(Assert.Throws<DataException>(() => TaskSources.Open("table", null, s_small))));
    }
}
