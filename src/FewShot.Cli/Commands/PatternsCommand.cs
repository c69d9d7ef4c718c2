using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Reporting;
using FewShot.Tasks;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Finds which layers need to adapt at which step: the fastest pattern within a tolerance.</summary>
internal static class PatternsCommand
{
    private const string PlotName = "patterns.svg";

    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        var tolerance = new Option<double?>("--tolerance")
        {
            Description = "Accuracy that may be lost, as a part of 1. [default: 0.01]",
            HelpName = "X",
        };
        Option<int?> rounds = OptionFactory.Whole(
            "--rounds",
            "Rounds of the search over patterns that differ from step to step; 0 for none. [default: 4]",
            0
        );
        var command = new Command(
            "patterns",
            "Measure adaptation under many patterns of changing layers, and choose the fastest whose accuracy is within a tolerance of "
                + "all layers at every step. "
                + "The choice is stored with the run, and 'fewshot adapt' follows it."
        )
        {
            common.Run,
            tolerance,
            common.Episodes,
            rounds,
            common.Seed,
            common.Workers,
        };
        common.Data.AddSourceTo(command);
        command.SetAction(parse =>
        {
            string run = CommonOptions.Required(parse, common.Run);
            RunConfiguration stored = RunConfiguration.Read(run);
            Learner learner = TrainedRun.Load(run);
            DataSelection data = common.Data.Read(parse, stored.Data);
            ITaskSource source = data.Read().Tasks(data.Tasks);
            var options = new PatternSearchOptions
            {
                Tolerance = parse.GetValue(tolerance) ?? 0.01,
                Episodes = parse.GetValue(common.Episodes) ?? 200,
                Seed = parse.GetValue(common.Seed) ?? 1,
                Rounds = parse.GetValue(rounds) ?? 4,
            };
            var search = new PatternSearch(learner.Definition, learner.Parameters, source, options, CommonOptions.WorkersOf(parse, common));
            int done = 0;
            PatternChoice choice = search.Run(
                (what, pattern, accuracy) =>
                {
                    done++;
                    output.Status.Update(() => $"{done} {what}: {pattern}  {Format.Interval(accuracy, share: true)}");
                },
                cancellation
            );
            JsonObject json = Json(choice, options);
            json["normStatistics"] = Format.Name(learner.Definition.NormStatistics);
            StoredPattern.Write(run, json);
            Plot(choice).Save(Path.Combine(run, PlotName));
            Print(choice, options, learner.Definition, run, output);
            output.Result(json);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(PatternChoice choice, PatternSearchOptions options, LearnerDefinition learner, string run, Output output)
    {
        output.Line(
            $"{choice.Screened} patterns tried on {Math.Min(options.ScreeningEpisodes, options.Episodes)} validation tasks, "
                + $"{choice.Measured.Count} of them measured on {options.Episodes}; "
                + "rows are steps, columns layers with the head last; times are medians on one core"
                + (Format.Normalization(learner) is { } statistics ? $"; {statistics}" : "")
        );
        Table table = Format.Table("", "pattern", "accuracy", "time", "multiply-adds");
        Row("all layers, every step", choice.AllOnes);
        Row($"chosen, {choice.Speedup.ToString("0.0", CultureInfo.InvariantCulture)} times faster", choice.Chosen);
        Row("all layers, one step", choice.AllOnesOneStep);
        Row("best with one step", choice.BestOneStep);
        foreach (PatternMeasurement measured in choice.Front)
        {
            Row("no other is faster and better", measured);
        }

        output.Show(table);
        output.Line(
            $"Stored in {run}: 'fewshot adapt' follows the choice, 'fewshot evaluate --pattern {StoredPattern.Chosen}' measures it; "
                + $"{PlotName} shows all of them."
        );

        void Row(string what, PatternMeasurement measured) =>
            table.Row(
                what,
                measured.Pattern.ToString(),
                Format.Interval(measured.Accuracy, share: true),
                string.Create(CultureInfo.InvariantCulture, $"{measured.Milliseconds:0.000} ms"),
                measured.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture)
            );
    }

    private static ScatterChart Plot(PatternChoice choice) =>
        new(
            "Accuracy and time of adaptation",
            new ChartAxis("milliseconds", AxisScale.Logarithmic),
            new ChartAxis("accuracy, %"),
            [
                new ScatterGroup("patterns", [.. choice.Measured.Select(measured => Point(measured, null))]),
                new ScatterGroup("all layers, every step", [Point(choice.AllOnes, "all")]),
                new ScatterGroup("chosen", [Point(choice.Chosen, choice.Chosen.Pattern.ToString())]),
            ]
        )
        {
            Front = [.. choice.Front.Select(measured => Point(measured, null))],
            FrontName = "no other is faster and better",
        };

    private static ScatterPoint Point(PatternMeasurement measured, string? label) =>
        new(measured.Milliseconds, measured.Accuracy.Mean * 100, label);

    private static JsonObject Json(PatternChoice choice, PatternSearchOptions options)
    {
        JsonObject chosen = Json(choice.Chosen);
        chosen["speedup"] = choice.Speedup;
        return new JsonObject
        {
            ["tolerance"] = options.Tolerance,
            ["episodes"] = options.Episodes,
            ["screened"] = choice.Screened,
            ["measured"] = choice.Measured.Count,
            ["allOnes"] = Json(choice.AllOnes),
            ["chosen"] = chosen,
            ["allOnesOneStep"] = Json(choice.AllOnesOneStep),
            ["bestOneStep"] = Json(choice.BestOneStep),
            ["front"] = new JsonArray([.. choice.Front.Select(Json)]),
        };
    }

    private static JsonObject Json(PatternMeasurement measured) =>
        new()
        {
            ["pattern"] = measured.Pattern.ToString(),
            ["accuracy"] = measured.Accuracy.Mean,
            ["interval95"] = measured.Accuracy.HalfWidth,
            ["milliseconds"] = measured.Milliseconds,
            ["multiplyAdds"] = measured.MultiplyAdds,
        };
}
