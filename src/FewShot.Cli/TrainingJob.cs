using System.CommandLine;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Compute.Execution;
using FewShot.Data.Sources;
using FewShot.Methods;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;
using FewShot.Methods.Weighting;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli;

/// <summary>What 'fewshot train' was asked to do: everything is read and checked, nothing is compiled or written yet.</summary>
internal sealed record TrainingJob(RunConfiguration Configuration, ITaskSource Source, string Folder, int Workers)
{
    public Method Method { get; } = Configuration.Learner.CreateMethod();

    /// <summary>Reads a command line of 'fewshot train'.</summary>
    /// <param name="parse">The command line that was parsed.</param>
    /// <param name="folder">The folder of the run; null for one named after the method and the tasks.</param>
    /// <param name="stored">What the folder's run was trained by, which says what is not given; null to leave that to the defaults.</param>
    /// <param name="common">The options of all commands.</param>
    /// <param name="opened">The data opened before; null for none.</param>
    public static TrainingJob Read(
        ParseResult parse,
        string? folder,
        RunConfiguration? stored,
        CommonOptions common,
        OpenedData? opened = null
    )
    {
        DataSelection data = common.Data.Read(parse, stored?.Data);
        // A wrong name should not wait for the data.
        Catalogue.Create(parse.GetValue(common.Learner.Method) ?? LearnerOptions.DefaultMethod);
        SourceData read = (opened ?? new OpenedData()).Read(data);
        ITaskSource source = read.Tasks(data.Tasks);
        data = WithTrainingClasses(data, read.TrainingClasses, isNew: stored is null);
        LearnerSpecification learner = common.Learner.Read(parse, source.Shape, source.Preparation, stored?.Learner);
        TrainingOptions training = common.Outer.Read(parse, parse.GetValue(common.Seed), stored?.Training);
        return new TrainingJob(
            new RunConfiguration(learner, training, data),
            source,
            folder ?? DefaultFolder(learner, data, source.Shape),
            CommonOptions.WorkersOf(parse, common)
        );
    }

    /// <summary>Trains, or goes on, and tells how it goes on standard error.</summary>
    public TrainingOutcome Run(Output output, CancellationToken cancellation)
    {
        LearnerSpecification learner = Configuration.Learner;

        // Compiled before the folder is made, so that what cannot be trained leaves nothing behind.
        using TrainingLoop trainer = new TrainingLoop(learner, Source, Configuration.Training, Workers);
        using RunFolder folder = RunFolder.Open(Folder, Configuration.ToJson(), RunConfiguration.MayChange);
        output.Note(
            $"{Method.Name} ({Method.MetaGradient.Order}) on {Configuration.Data.Source}, {Source.Shape}, {learner.Network}"
                + (Method.Weighting == TaskWeighting.Uniform ? "" : $", tasks weighted by {Method.Weighting.Name}")
                + (Format.Normalization(learner) is { } statistics ? $", {statistics}" : "")
        );
        if (Method.Warning is { } caution)
        {
            output.Note($"note: {caution}");
        }

        output.Note(
            folder.Latest is { } latest
                ? $"going on with '{Folder}' at iteration {Format.Count(latest.Iteration)}"
                : $"into '{Folder}'; Ctrl-C keeps what is done"
        );
        SolverIncidents met = default;
        if (folder.Latest?.Metadata.GetValueOrDefault(TrainingLoop.VectorLevel) is { } level && level != SimdProgram.VectorLevel)
        {
            output.Note(
                $"note: this run was trained on the vector level {level} and goes on at {SimdProgram.VectorLevel}, which gives other "
                    + $"bits; FEWSHOT_SIMD={level} keeps it where the processor can"
            );
        }

        TrainingOptions training = Configuration.Training;
        if (training.ScheduleIterations is { } schedule && training.Outer.Schedule != LearningRateSchedule.Constant)
        {
            output.Note(
                $"note: the outer rate follows a schedule of {Format.Count(schedule)} iterations in a training of "
                    + $"{Format.Count(training.Iterations)}; "
                    + $"--schedule-iterations {training.Iterations} stretches it over all, which changes the rate at once"
            );
        }

        if (Workers > Configuration.Training.MetaBatch)
        {
            output.Note($"note: {Configuration.Training.MetaBatch} of {Workers} workers are used, one for each task of a batch");
        }

        TrainingOutcome result = trainer.Run(
            folder,
            progress =>
            {
                met = met.Plus(progress.Solver ?? default);
                output.Status.Update(() => TrainingText.Line(progress, Source.Shape.Kind));
            },
            cancellation
        );
        if (TrainingText.Solver(met) is { } note)
        {
            output.Note(note);
        }

        WeightsChart.Of(RunFolder.ReadLog(Folder))?.Save(Path.Combine(Folder, WeightsChart.Name));
        return result;
    }

    // A run remembers which of the user's classes it learns from, and goes on with no others.
    private static DataSelection WithTrainingClasses(DataSelection data, IReadOnlyList<string>? classes, bool isNew)
    {
        if (classes is null)
        {
            return data;
        }

        if (data.TrainingClasses is not { } before)
        {
            return isNew ? data with { TrainingClasses = classes } : data;
        }

        return before.SequenceEqual(classes)
            ? data
            : throw new DataException(
                $"the run learns from {before.Count} classes or groups, but '{data.Root}' now has {classes.Count} for training"
                    + (classes.Except(before).FirstOrDefault() is { } added ? $", '{added}' among them" : "")
                    + (before.Except(classes).FirstOrDefault() is { } gone ? $", and lacks '{gone}'" : "")
                    + "; restore the data to go on, or train a new run on them"
            );
    }

    private static string DefaultFolder(LearnerSpecification learner, DataSelection data, TaskShape shape) =>
        Path.Combine(
            "runs",
            shape.Kind == TaskKind.Classification
                ? $"{learner.Method}-{data.Source}-{shape.Ways}way-{shape.Shots}shot"
                : $"{learner.Method}-{data.Source}-{shape.Shots}shot"
        );
}
