using System.CommandLine;
using System.Text.Json.Nodes;
using FewShot.Cli.Settings;
using FewShot.Methods;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli.Commands;

/// <summary>Meta-trains a learner into a run folder, or goes on with one.</summary>
internal static class TrainCommand
{
    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        Option<string?> run = OptionFactory.Text("--out", "RUN", "The folder of the run; one that is there goes on where it stopped. [default: runs/METHOD-SOURCE-WAYSway-SHOTSshot]");
        var command = new Command(
            "train",
            "Meta-train a learner. Ctrl-C keeps what is done: the same command, or 'fewshot train --out RUN' alone, goes on and ends as if nothing had happened.");
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
        RunConfiguration? stored = run is null ? null : RunConfiguration.ReadIfThere(run);
        DataSelection data = common.Data.Read(parse, stored?.Data);
        Catalogue.Create(parse.GetValue(common.Learner.Method) ?? LearnerOptions.DefaultMethod); // a wrong name should not wait for the data
        ITaskSource source = data.Open();
        LearnerSpecification learner = common.Learner.Read(parse, source.Shape, source.Preparation, stored?.Learner);
        TrainingOptions training = common.Outer.Read(parse, parse.GetValue(common.Seed), stored?.Training);
        run ??= DefaultFolder(learner, data, source.Shape);

        // Compiled before the folder is made, so that what cannot be trained leaves nothing behind.
        using var trainer = new Trainer(learner, source, training, CommonOptions.WorkersOf(parse, common));
        using RunFolder folder = RunFolder.Open(run, new RunConfiguration(learner, training, data).ToJson(), RunConfiguration.MayChange);
        Method method = learner.CreateMethod();
        output.Note($"{method.Name} ({method.MetaGradient.Order}) on {data.Source}, {source.Shape}, {learner.Network}"
            + (Texts.Normalizes(learner) ? $", normalisation from {learner.NormStatistics.ToString().ToLowerInvariant()} statistics" : ""));
        output.Note(folder.Latest is { } latest ? $"going on with '{run}' at iteration {Texts.Count(latest.Iteration)}" : $"into '{run}'; Ctrl-C keeps what is done");
        TrainingResult result = trainer.Run(folder, progress => output.Status.Update(() => TrainingText.Line(progress, source.Shape.Kind)), cancellation);
        Print(result, run, method, source.Shape, output);
        return result.End == TrainingEnd.Interrupted ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static string DefaultFolder(LearnerSpecification learner, DataSelection data, TaskShape shape) => Path.Combine(
        "runs", shape.Kind == TaskKind.Classification ? $"{learner.Method}-{data.Source}-{shape.Ways}way-{shape.Shots}shot" : $"{learner.Method}-{data.Source}-{shape.Shots}shot");

    private static void Print(TrainingResult result, string run, Method method, TaskShape shape, Output output)
    {
        string best = double.IsNaN(result.Best) ? "" : $", best validation {TrainingText.Score(result.Best, shape.Kind)}";
        output.Line($"{TrainingText.End(result.End)} at iteration {Texts.Count(result.Iteration)} after {Texts.Duration(TimeSpan.FromSeconds(result.Seconds))} of training{best}.");
        output.Line(result.End == TrainingEnd.Interrupted
            ? $"All is kept. Go on with:   fewshot train --out {Quoted(run)}"
            : $"Measure it with:   fewshot evaluate --run {Quoted(run)} --split test --episodes 600");
        output.Result(new JsonObject
        {
            ["run"] = run,
            ["end"] = char.ToLowerInvariant(result.End.ToString()[0]) + result.End.ToString()[1..],
            ["method"] = method.Name,
            ["order"] = method.MetaGradient.Order,
            ["iterations"] = result.Iteration,
            [shape.Kind == TaskKind.Classification ? "bestValidationAccuracy" : "bestValidationLoss"] = Texts.Json(result.Best),
            ["seconds"] = result.Seconds,
            ["peakBytes"] = result.PeakBytes,
            ["checkpointed"] = result.Checkpointed,
        });
    }

    private static string Quoted(string path) => path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-".Contains(c, StringComparison.Ordinal)) ? path : $"'{path}'";
}
