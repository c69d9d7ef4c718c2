using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Methods;
using FewShot.Models;

namespace FewShot.Cli.Commands;

/// <summary>Adapts a trained learner to a user's own few examples.</summary>
internal static class AdaptCommand
{
    public static Command Create(CommonOptions common, Output output)
    {
        Option<string?> support = OptionFactory.Text(
            "--support",
            "PATH",
            "The examples to adapt to: a folder with one folder of images for each class, or a table (CSV)."
        );
        Option<string?> model = OptionFactory.Text("--out", "FILE", "The adapted model to write. [default: model.safetensors]");
        var changesOnly = new Option<bool>("--changes-only")
        {
            Description =
                "Write only what adaptation changed, often a few kilobytes; 'fewshot predict' then needs --run too. [default: a file "
                + "that stands for itself]",
        };
        var command = new Command(
            "adapt",
            "Adapt a trained learner to a new task from your own few examples, into one small file for 'fewshot predict'."
        )
        {
            common.Run,
            support,
            model,
            common.RunPattern,
            common.Learner.NormStatistics,
            common.Workers,
            changesOnly,
        };
        command.SetAction(parse =>
        {
            string run = CommonOptions.Required(parse, common.Run);
            Learner learner = Load(run, parse.GetValue(common.RunPattern), parse.GetValue(common.Learner.NormStatistics));
            learner.Threads = CommonOptions.WorkersOf(parse, common);
            SupportSet examples = SupportSet.Read(learner.Definition, CommonOptions.Required(parse, support));
            string file = parse.GetValue(model) ?? "model.safetensors";

            using AdaptedModel adapted = examples.Adapt(learner);
            double milliseconds = MedianMilliseconds(() => examples.Adapt(learner).Dispose());
            bool selfContained = !parse.GetValue(changesOnly);
            adapted.Save(file, selfContained);
            Print(learner, examples, selfContained ? $"--model {file}" : $"--run {run} --model {file}", file, milliseconds, output);
            return ExitCode.Ok;
        });
        return command;
    }

    // The first adaptation to so many examples compiles its program; this is what every further one costs.
    private static double MedianMilliseconds(Action adapt)
    {
        double[] times = new double[9];
        for (int i = 0; i < times.Length; i++)
        {
            long started = Stopwatch.GetTimestamp();
            adapt();
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private static Learner Load(string run, string? pattern, NormStatistics? statistics)
    {
        Learner learner = StoredPattern.Apply(TrainedRun.Load(run), run, pattern);

        if (statistics is null || statistics == learner.Definition.NormStatistics)
        {
            return learner;
        }

        return statistics == NormStatistics.Running
            ? throw new ArgumentException(
                "the run kept no running statistics; only a run trained with --norm-statistics running can be adapted with them"
            )
            : new Learner(learner.Definition with { NormStatistics = statistics.Value }, learner.Parameters);
    }

    private static void Print(Learner learner, SupportSet examples, string options, string file, double milliseconds, Output output)
    {
        LearnerDefinition definition = learner.Definition;
        string what = examples.ClassNames is { } names
            ? $"{examples.Count} examples of {names.Count} classes "
                + $"({string.Join(", ", names.Select((name, label) => $"{name}: {examples.Labels.Count(l => l == label)}"))})"
            : $"{examples.Count} examples";
        output.Line(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Adapted {learner.Method.Name} to {what} in {milliseconds:0.00} ms on "
                    + $"{(learner.Threads == 1 ? "one thread" : $"up to {learner.Threads} threads")}."
            )
        );
        if (Format.Normalization(definition) is { } statistics)
        {
            output.Line(
                definition.NormStatistics == NormStatistics.Query
                    ? $"Answers depend on what is predicted together ({statistics}); --norm-statistics support makes each answer its own."
                    : $"Each query is answered for itself ({statistics})."
            );
        }

        output.Line($"Predict with:   fewshot predict {options} FILES...");
        output.Result(
            new JsonObject
            {
                ["model"] = file,
                ["method"] = learner.Method.Name,
                ["pattern"] = StoredPattern.Of(learner),
                ["normStatistics"] = Format.Name(definition.NormStatistics),
                ["examples"] = examples.Count,
                ["classes"] = examples.ClassNames is null ? null : Format.Json(examples.ClassNames),
                ["milliseconds"] = milliseconds,
                ["threads"] = learner.Threads,
            }
        );
    }
}
