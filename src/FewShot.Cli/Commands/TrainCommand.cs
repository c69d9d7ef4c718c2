using System.CommandLine;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Methods;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli.Commands;

/// <summary>Meta-trains a learner into a run folder, or goes on with one.</summary>
internal static class TrainCommand
{
    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        Option<string?> run = OptionFactory.Text(
            "--out",
            "RUN",
            "The folder of the run; one that is there goes on where it stopped. [default: runs/METHOD-SOURCE-WAYSway-SHOTSshot]"
        );
        var command = new Command(
            "train",
            "Meta-train a learner. Ctrl-C keeps what is done: the same command, or 'fewshot train --out RUN' alone, goes on and ends "
                + "as if nothing had happened."
        );
        common.Learner.AddTo(command);
        common.Data.AddSourceTo(command);
        common.Data.AddTaskTo(command);
        common.Outer.AddTo(command);
        command.Add(common.Seed);
        command.Add(common.Workers);
        command.Add(run);
        command.SetAction(parse => Run(parse, parse.GetValue(run), common, output, cancellation));
        return command;
    }

    private static int Run(ParseResult parse, string? run, CommonOptions common, Output output, CancellationToken cancellation)
    {
        var job = TrainingJob.Read(parse, run, run is null ? null : RunConfiguration.ReadIfThere(run), common);
        TrainingOutcome result = job.Run(output, cancellation);
        Print(result, job, output);
        return result.End == TrainingEnd.Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static void Print(TrainingOutcome result, TrainingJob job, Output output)
    {
        (string run, Method method, TaskShape shape, LearnerSpecification learner) = (
            job.Folder,
            job.Method,
            job.Source.Shape,
            job.Configuration.Learner
        );
        string statistics = Format.Normalization(learner) is { } text ? $" ({text})" : "";
        string best = double.IsNaN(result.Best) ? "" : $", best validation {TrainingText.Score(result.Best, shape.Kind)}{statistics}";
        output.Line(
            $"{TrainingText.End(result.End)} at iteration {Format.Count(result.Iteration)} after "
                + $"{Format.Duration(TimeSpan.FromSeconds(result.Seconds))} of training{best}."
        );
        output.Line(
            result.End == TrainingEnd.Interrupted
                ? $"All is kept. Go on with:   fewshot train --out {Format.Quoted(run)}"
                : $"Measure it with:   fewshot evaluate --run {Format.Quoted(run)} --split test --episodes 600"
        );
        output.Result(
            new JsonObject
            {
                ["run"] = run,
                ["end"] = char.ToLowerInvariant(result.End.ToString()[0]) + result.End.ToString()[1..],
                ["method"] = method.Name,
                ["order"] = method.MetaGradient.Order,
                ["weighting"] = method.Weighting.Name,
                ["normStatistics"] = Format.Name(learner.NormStatistics),
                ["iterations"] = result.Iteration,
                [shape.Kind == TaskKind.Classification ? "bestValidationAccuracy" : "bestValidationLoss"] = Format.Json(result.Best),
                ["seconds"] = result.Seconds,
                ["peakBytes"] = result.PeakBytes,
                ["checkpointed"] = result.Checkpointed,
            }
        );
    }
}
