using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Evaluation;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Measures a run on tasks it has never seen.</summary>
internal static class EvaluateCommand
{
    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        var weights = new Option<bool>("--latest") { Description = "Measure the latest weights. [default: those that validated best]" };
        var command = new Command(
            "evaluate",
            "Measure a run on tasks of classes it has never seen: accuracy before and after adaptation, with 95 % intervals, and the "
                + "time to adapt."
        )
        {
            common.Run,
            common.Split,
            common.Episodes,
            common.Seed,
            common.Workers,
            common.AdaptThreads,
            common.RunPattern,
            common.Learner.NormStatistics,
            weights,
        };
        common.Data.AddSourceTo(command);
        common.Data.AddTaskTo(command);
        command.SetAction(parse =>
        {
            string run = CommonOptions.Required(parse, common.Run);
            RunConfiguration stored = RunConfiguration.Read(run);
            Learner learner = StoredPattern.Apply(
                TrainedRun.Load(run, parse.GetValue(weights)),
                run,
                parse.GetValue(common.RunPattern) ?? StoredPattern.Trained
            );
            var job = EvaluationJob.Read(parse, stored.Data, learner.Definition, common);
            if (job.Note is { } note)
            {
                output.Note($"note: {note}");
            }

            Print(job.Run(learner.Parameters, cancellation), job.Source.Name, StoredPattern.Of(learner), output);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(EvaluationResult result, string source, string? pattern, Output output)
    {
        bool classification = result.Accuracy is not null;
        string statistics = Format.Name(result.NormStatistics);
        string split = result.Split.ToString().ToLowerInvariant();
        output.Line($"{result.Method} ({result.Order}) on {source}, {split} split, {result.Shape}");
        if (pattern is not null)
        {
            output.Line($"layers that change: {pattern}");
        }

        output.Line($"normalisation from {statistics} statistics, {result.Episodes} episodes, seed {result.Seed}; ± is a 95 % interval");
        Table table = Format.Table("after inner step", classification ? "query accuracy" : "query mean squared error");
        for (int step = 0; step < result.Steps.Count; step++)
        {
            table.Row(
                result.Steps.Count == 1 ? "closed form"
                    : step == 0 ? "none"
                    : step.ToString(CultureInfo.InvariantCulture),
                Format.Interval(result.Steps[step], classification)
            );
        }

        output.Show(table);
        if (classification)
        {
            output.Line($"query loss {Format.Interval(result.Loss, share: false)}");
        }

        output.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"adaptation to one task on {Cores(result.AdaptThreads)}: median {result.AdaptMillisecondsMedian:0.000} ms, 95th "
                    + $"percentile {result.AdaptMillisecondsP95:0.000} ms, peak memory {Format.Bytes(result.AdaptPeakBytes!.Value)}"
            )
        );
        output.Result(Json(result, source, pattern));
    }

    private static string Cores(int threads) => threads == 1 ? "one core" : $"up to {threads} threads";

    internal static JsonObject Json(EvaluationResult result, string source, string? pattern = null)
    {
        bool classification = result.Accuracy is not null;
        var json = new JsonObject
        {
            ["method"] = result.Method,
            ["order"] = result.Order,
            ["pattern"] = pattern,
            ["data"] = source,
            ["split"] = result.Split.ToString().ToLowerInvariant(),
            ["episodes"] = result.Episodes,
            ["ways"] = classification ? result.Shape.Ways : null,
            ["shots"] = result.Shape.Shots,
            ["queries"] = result.Shape.QueriesPerClass,
            ["normStatistics"] = Format.Name(result.NormStatistics),
            ["seed"] = result.Seed,
        };
        if (result.Accuracy is { } accuracy)
        {
            json["accuracy"] = accuracy.Mean;
            json["interval95"] = accuracy.HalfWidth;
            json["accuracyBefore"] = result.Before?.Mean;
        }

        json["loss"] = Format.Json(result.Loss.Mean);
        json["lossInterval95"] = Format.Json(result.Loss.HalfWidth);
        if (!classification)
        {
            json["lossBefore"] = Format.Json(result.Before?.Mean ?? double.NaN);
        }

        json["steps"] = new JsonArray([
            .. result.Steps.Select(step => new JsonObject
            {
                [classification ? "accuracy" : "loss"] = Format.Json(step.Mean),
                ["interval95"] = Format.Json(step.HalfWidth),
            }),
        ]);
        json["adaptMillisecondsMedian"] = Format.Json(result.AdaptMillisecondsMedian);
        json["adaptMillisecondsP95"] = Format.Json(result.AdaptMillisecondsP95);
        json["adaptThreads"] = result.AdaptThreads;
        json["adaptPeakBytes"] = result.AdaptPeakBytes;
        return json;
    }
}
