using System.CommandLine;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli.Commands;

/// <summary>The whole story in a minute: train on built-in handwriting, adapt to an alphabet never seen, look at it, measure it.</summary>
internal static class QuickstartCommand
{
    private const int Episodes = 300;

    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        Option<string?> run = OptionFactory.Text("--out", "RUN", "Keep the trained learner in this folder. [default: nothing is kept]");
        Option<TimeSpan?> budget = OptionFactory.Duration("--budget", "Time for training. [default: 40s]");
        var command = new Command(
            "quickstart",
            "Meta-train on built-in handwriting, adapt to an alphabet never seen, and show what was learnt; takes about a minute."
        )
        {
            budget,
            common.Seed,
            common.Workers,
            run,
        };
        command.SetAction(parse =>
            Run(
                parse.GetValue(budget) ?? TimeSpan.FromSeconds(40),
                parse.GetValue(common.Seed) ?? 1,
                CommonOptions.WorkersOf(parse, common),
                parse.GetValue(run),
                output,
                cancellation
            )
        );
        return command;
    }

    private static string Progress(TrainingProgress progress, int metaBatch) =>
        $"   {Format.Count(progress.Iteration * metaBatch)} tasks, accuracy on new drawings "
        + $"{Format.Percent(progress.Accuracy)}{(progress.Remaining is { } left ? $", {Format.Duration(left)} left" : "")}";

    private static int Run(TimeSpan budget, ulong seed, int workers, string? run, Output output, CancellationToken cancellation)
    {
        var data = new DataSelection { Queries = 5, Shots = 1 };
        ITaskSource source = data.Read().Tasks(data.Tasks);
        var specification = new LearnerSpecification
        {
            Method = "maml",
            Network = "conv4",
            Channels = 16,
            InnerSteps = 2,
            InnerRate = 0.4,
            InputShape = source.Shape.InputShape,
            Outputs = source.Shape.Outputs,
            Preparation = source.Preparation,
        };
        var training = new TrainingOptions
        {
            MetaBatch = 8,
            Iterations = 1_000_000,
            Budget = budget,
            Seed = seed,
            ValidateEvery = 500,
            ValidationEpisodes = 100,
            Outer = new OuterOptimizerOptions(Rate: 3e-3, Schedule: LearningRateSchedule.Cosine),
        };

        output.Line(
            $"1. Meta-training {specification.Method} on {source.Summarize(Split.Train)!.Classes:#,0} characters of invented "
                + $"alphabets: {source.Shape}"
        );
        using RunFolder? folder = run is null
            ? null
            : RunFolder.Open(run, new RunConfiguration(specification, training, data).ToJson(), RunConfiguration.MayChange);
        using TrainingLoop trainer = new TrainingLoop(specification, source, training, workers);
        TrainingOutcome result = trainer.Run(
            folder,
            progress => output.Status.Update(() => Progress(progress, training.MetaBatch)),
            cancellation
        );
        cancellation.ThrowIfCancellationRequested();
        output.Line(
            $"   {Format.Count(result.Iteration * training.MetaBatch)} tasks in {Format.Duration(TimeSpan.FromSeconds(result.Seconds))} "
                + $"on {workers} {(workers == 1 ? "core" : "cores")}"
        );

        trainer.BestParameters.CopyTo(trainer.Parameters.Values, 0);
        var learner = new Learner(specification, trainer.Parameters);
        Gallery gallery = Gallery.Draw(learner, seed, output);

        output.Line();
        output.Line($"3. Measuring on {Episodes} tasks of alphabets never seen");
        EvaluationResult measured = learner.Evaluate(source, Split.Test, Episodes, seed, workers);
        output.Line(
            $"   before adaptation  {Format.Interval(measured.Before!.Value, share: true)}   (chance is "
                + $"{Format.Percent(1.0 / source.Shape.Ways)})"
        );
        output.Line(
            $"   after adaptation   {Format.Interval(measured.Accuracy!.Value, share: true)}   (95 % interval; "
                + $"{Format.Normalization(specification)}; {measured.Order} meta-gradient)"
        );
        output.Line();
        output.Line("What next:");
        output.Line("   fewshot train --method protonet --data glyphs --budget 5m      a learner for longer use");
        output.Line("   fewshot methods                                                the methods there are");
        output.Line("   fewshot data list                                              Omniglot, CIFAR, or your own images and tables");
        JsonObject json = EvaluateCommand.Json(measured, source.Name);
        json["trainingSeconds"] = result.Seconds;
        json["trainingTasks"] = result.Iteration * training.MetaBatch;
        json["alphabet"] = gallery.Alphabet;
        json["run"] = run;
        output.Result(json);
        return ExitCode.Ok;
    }
}
