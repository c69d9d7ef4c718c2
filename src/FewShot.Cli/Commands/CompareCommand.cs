using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Reporting;
using FewShot.Reporting.Comparison;
using FewShot.Tasks;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Trains and measures several methods under the same budget and on the same episodes.</summary>
internal static class CompareCommand
{
    private const string DataName = "comparison.json";
    private const string TextName = "comparison.md";
    private const string PageName = "report.html";

    public static Command Create(Output output, CancellationToken cancellation)
    {
        var options = new ComparisonOptions();
        var command = new Command(
            "compare",
            """
            Train and measure several methods under the same budget and on the same episodes; write one table and one report with plots.

            The budget is training time alone; without --budget and --iterations it is 10m for each method. Each method is an ordinary run in DIR/METHOD,
            so an interrupted comparison goes on by the same command, and a larger --budget continues every run. Options that a method has no use for are left
            out for it. DIR/comparison.json holds every figure with the commands that reproduce it, DIR/comparison.md the table, DIR/report.html the plots.
            A method that cannot do such tasks, or diverges, is reported as that, and the exit code says so at the end.

            Example:   fewshot compare --methods maml,anil,protonet --data glyphs --budget 2m --set maml:inner-steps=1 --set maml:inner-rate=0.4 --out runs/first
                       fewshot compare --merge runs/first runs/second
            """
        );
        options.AddTo(command);
        command.SetAction(parse =>
            parse.GetResult(options.Merge) is null ? Run(parse, options, output, cancellation) : Merge(parse, options, output)
        );
        return command;
    }

    private static int Run(ParseResult parse, ComparisonOptions options, Output output, CancellationToken cancellation)
    {
        options.MethodsOf(parse); // a wrong name should not wait for the data
        var opened = new OpenedData();
        DataSelection data = options.DataOf(parse);
        ITaskSource source = opened.Read(data).Tasks(data.Tasks);
        string folder = options.FolderOf(parse, source);
        MethodComparison comparison = options.Conditions(parse, source);
        MethodTrial[] trials = [.. options.Commands(parse, comparison, folder).Select(commands => MethodTrial.Parse(commands, output))];
        string file = Path.Combine(folder, DataName);
        MethodComparison? before = File.Exists(file) ? MethodComparison.Load(file) : null;

        // Rows of an earlier session stay in the file while others are measured.
        ComparisonRow?[] rows = [.. trials.Select(trial => trial.Known(before))];
        for (int i = 0; i < trials.Length; i++)
        {
            output.Note($"[{i + 1} of {trials.Length}] {trials[i].Commands.Method}{(rows[i] is null ? "" : ": measured before")}");
            rows[i] ??= trials[i].Run(opened, output, cancellation);
            comparison = comparison with { Rows = [.. rows.OfType<ComparisonRow>()] };
            Write(comparison, folder);
        }

        Print(comparison, folder, output);
        return comparison.Rows.FirstOrDefault(row => row.Outcome != ComparisonOutcome.Measured)?.Outcome switch
        {
            ComparisonOutcome.Diverged => ExitCode.Diverged,
            ComparisonOutcome.Impossible => ExitCode.Usage,
            _ => ExitCode.Ok,
        };
    }

    private static int Merge(ParseResult parse, ComparisonOptions options, Output output)
    {
        if (
            parse
                .CommandResult.Children.OfType<OptionResult>()
                .FirstOrDefault(given => !given.Implicit && given.Option != options.Merge && !given.Option.Recursive) is
            { } other
        )
        {
            throw new ArgumentException($"{options.Merge.Name} prints what was compared before: leave {other.Option.Name} out");
        }

        MethodComparison[] comparisons =
        [
            .. parse.GetValue(options.Merge)!.Select(folder => MethodComparison.Load(Path.Combine(folder, DataName))),
        ];
        foreach (string line in ComparisonMerge.Markdown(comparisons).TrimEnd().Split('\n'))
        {
            output.Line(line);
        }

        output.Result(new JsonObject { ["comparisons"] = new JsonArray([.. comparisons.Select(comparison => comparison.ToJson())]) });
        return ExitCode.Ok;
    }

    private static void Write(MethodComparison comparison, string folder)
    {
        Directory.CreateDirectory(folder);
        comparison.Save(Path.Combine(folder, DataName));
        ComparisonReport.Html(comparison).Save(Path.Combine(folder, PageName));
        ComparisonReport.SaveMarkdown(comparison, Path.Combine(folder, TextName));
    }

    private static void Print(MethodComparison comparison, string folder, Output output)
    {
        output.Line($"{comparison.Data}, {comparison.Tasks}: {comparison.Conditions}");
        ReportTable content = ComparisonTable.Of(comparison);
        Table table = Format.Table(content.Headers);
        foreach (IReadOnlyList<string> row in content.Rows)
        {
            table.Row(row);
        }

        output.Show(table);
        foreach (string reason in comparison.Rows.Select(row => row.Reason).OfType<string>())
        {
            output.Line(reason);
        }

        output.Line($"Plots and commands are in {Path.Combine(folder, PageName)}, the table in {TextName}, every figure in {DataName}.");
        output.Result(comparison.ToJson());
    }
}
