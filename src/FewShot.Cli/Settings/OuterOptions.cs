using System.CommandLine;
using FewShot.Methods.Optimizers;
using FewShot.Training;

namespace FewShot.Cli.Settings;

/// <summary>How a learner is trained.</summary>
internal sealed class OuterOptions
{
    private static readonly TrainingOptions s_defaults = new();

    public Option<int?> MetaBatch { get; } =
        OptionFactory.Whole("--meta-batch", $"Tasks in an iteration. [default: {s_defaults.MetaBatch}]", 1);

    public Option<int?> Tasks { get; } =
        OptionFactory.Whole(
            "--tasks",
            "Train on this many tasks, which come again and again; as many as --meta-batch for all of them in every iteration. "
                + "[default: new tasks every time]",
            1
        );

    public Option<long?> Iterations { get; } =
        OptionFactory.Long("--iterations", $"Outer iterations. [default: {s_defaults.Iterations}]", 1);

    public Option<long?> ScheduleIterations { get; } =
        OptionFactory.Long(
            "--schedule-iterations",
            "Iterations of the outer rate's schedule. [default: as --iterations; of a run that goes on for longer, as it was]",
            1
        );

    public Option<TimeSpan?> Budget { get; } =
        OptionFactory.Duration("--budget", "End training after this time, such as 10m. [default: none]");

    public Option<long?> MemoryBudget { get; } =
        OptionFactory.Bytes(
            "--memory-budget",
            "Most memory of one worker, such as 64MB; inner steps are recomputed where that is needed. [default: none]"
        );

    public Option<double?> Rate { get; } =
        OptionFactory.Real("--outer-rate", $"Step size of the outer optimiser. [default: {s_defaults.Outer.Rate}]");

    public Option<OptimizerKind?> Optimizer { get; } =
        OptionFactory.Choice<OptimizerKind>("--optimizer", "The outer optimiser. [default: adam]");

    public Option<LearningRateSchedule?> Schedule { get; } =
        OptionFactory.Choice<LearningRateSchedule>("--schedule", "How the outer step size changes. [default: constant]");

    public Option<double?> Clip { get; } =
        OptionFactory.Real("--clip", $"Largest norm of the meta-gradient; 0 for any. [default: {s_defaults.Outer.ClipNorm}]", zero: true);

    public Option<int?> ValidateEvery { get; } =
        OptionFactory.Whole(
            "--validate-every",
            $"Iterations between validations and checkpoints. [default: {s_defaults.ValidateEvery}]",
            1
        );

    public Option<TimeSpan?> CheckpointEvery { get; } =
        OptionFactory.Duration(
            "--checkpoint-every",
            "The most time between checkpoints, such as 30s; each validation makes one too. [default: 1m]"
        );

    public Option<int?> ValidationEpisodes { get; } =
        OptionFactory.Whole("--validation-episodes", $"Tasks of a validation. [default: {s_defaults.ValidationEpisodes}]", 1);

    public Option<int?> Patience { get; } =
        OptionFactory.Whole("--patience", "End after this many validations without a better one; 0 for never. [default: 0]", 0);

    public void AddTo(Command command)
    {
        foreach (
            Option option in new Option[]
            {
                MetaBatch,
                Tasks,
                Iterations,
                ScheduleIterations,
                Budget,
                MemoryBudget,
                Rate,
                Optimizer,
                Schedule,
                Clip,
                ValidateEvery,
                CheckpointEvery,
                ValidationEpisodes,
                Patience,
            }
        )
        {
            command.Add(option);
        }
    }

    /// <summary>The training asked for; what is not given is as in <paramref name="stored"/>, or as in the library.</summary>
    public TrainingOptions Read(ParseResult parse, ulong? seed, TrainingOptions? stored = null)
    {
        // A schedule that a longer training stretched would move the rate of what is already trained.
        long? schedule = parse.GetValue(ScheduleIterations) ?? stored?.ScheduleIterations ?? stored?.Iterations;
        stored ??= s_defaults;
        long iterations = parse.GetValue(Iterations) ?? stored.Iterations;
        return stored with
        {
            MetaBatch = parse.GetValue(MetaBatch) ?? stored.MetaBatch,
            Tasks = parse.GetValue(Tasks) ?? stored.Tasks,
            Iterations = iterations,
            ScheduleIterations = schedule == iterations ? null : schedule,
            Budget = parse.GetValue(Budget) ?? stored.Budget,
            MemoryBudget = parse.GetValue(MemoryBudget) ?? stored.MemoryBudget,
            Seed = seed ?? stored.Seed,
            ValidateEvery = parse.GetValue(ValidateEvery) ?? stored.ValidateEvery,
            CheckpointEvery = parse.GetValue(CheckpointEvery) ?? stored.CheckpointEvery,
            ValidationEpisodes = parse.GetValue(ValidationEpisodes) ?? stored.ValidationEpisodes,
            Patience = parse.GetValue(Patience) ?? stored.Patience,
            Outer = stored.Outer with
            {
                Rate = parse.GetValue(Rate) ?? stored.Outer.Rate,
                Optimizer = parse.GetValue(Optimizer) ?? stored.Outer.Optimizer,
                Schedule = parse.GetValue(Schedule) ?? stored.Outer.Schedule,
                ClipNorm = parse.GetValue(Clip) ?? stored.Outer.ClipNorm,
            },
        };
    }
}
