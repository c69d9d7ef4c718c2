using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FewShot.Methods.Optimizers;
using FewShot.Storage;

namespace FewShot.Training;

/// <summary>How a learner is trained. Values are checked when set; defaults suit Omniglot-sized tasks.</summary>
public sealed record TrainingOptions
{
    /// <summary>The tasks in a meta-batch, at least 1.</summary>
    /// <value>16 tasks by default.</value>
    public int MetaBatch
    {
        get;
        init => field = AtLeast(value, 1, nameof(MetaBatch));
    } = 16;

    /// <summary>
    /// How many tasks there are to train on, which come again and again in order. With as many as <see cref="MetaBatch"/> every iteration
    /// sees all of them: the deterministic setting.
    /// </summary>
    /// <value>Null by default: new tasks in every iteration.</value>
    public int? Tasks
    {
        get;
        init => field = value is null ? null : AtLeast(value.Value, 1, nameof(Tasks));
    }

    /// <summary>The outer iterations to make, at least 1.</summary>
    /// <value>10,000 iterations by default.</value>
    public long Iterations
    {
        get;
        init => field = value >= 1 ? value : throw Invalid(nameof(Iterations), value, "at least 1");
    } = 10_000;

    /// <summary>
    /// Iterations over which the step size of <see cref="Outer"/> and the weights of a multi-step loss change; after them both stay as they
    /// are at the end. A run that goes on for longer than it was begun for keeps its schedule only if this says how long that was.
    /// </summary>
    /// <value>Null by default, for as many as <see cref="Iterations"/>.</value>
    public long? ScheduleIterations
    {
        get;
        init => field = value is null or >= 1 ? value : throw Invalid(nameof(ScheduleIterations), value, "at least 1");
    }

    /// <summary>
    /// The time after which training ends even if iterations are left. A run under a time limit is not repeatable to the bit.
    /// </summary>
    /// <value>Null by default, for no limit.</value>
    public TimeSpan? Budget { get; init; }

    /// <summary>How the meta-parameters move: optimiser, step size, schedule and clipping.</summary>
    /// <value>Adam with a constant step size of 0.001 by default, the meta-gradient clipped to a norm of 10.</value>
    public OuterOptimizerOptions Outer { get; init; } = new();

    /// <summary>The threads that train, at least 1; they do not change the numbers.</summary>
    /// <value>All cores by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    [JsonIgnore]
    public int Workers
    {
        get;
        init => field = AtLeast(value, 1, nameof(Workers));
    } = Environment.ProcessorCount;

    /// <summary>
    /// The folder in which <see cref="Trainer.TrainAsync"/> keeps checkpoints, weights and a log. The same call goes on where it stopped,
    /// and ends with the bits of an uninterrupted one.
    /// </summary>
    /// <value>Null by default: everything stays in memory.</value>
    [JsonIgnore]
    public string? Folder { get; init; }

    /// <summary>
    /// Makes an optimiser of one's own for so many values, in place of the one that <see cref="Outer"/> names; its schedule of rates and
    /// its clipping still apply. It is no part of a run's configuration: who goes on with a run gives it again.
    /// </summary>
    /// <value>Null by default, for the optimiser that <see cref="Outer"/> names.</value>
    [JsonIgnore]
    public Func<int, Optimizer>? OwnOptimizer { get; init; }

    /// <summary>The seed of initialisation and episodes.</summary>
    /// <value>1 by default.</value>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// The most time between two checkpoints, looked at after every iteration; besides, each validation makes one. It does not shape the
    /// numbers, so it is not stored.
    /// </summary>
    /// <value>One minute by default.</value>
    [JsonIgnore]
    public TimeSpan CheckpointEvery
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw Invalid(nameof(CheckpointEvery), value, "at least zero");
    } = TimeSpan.FromMinutes(1);

    /// <summary>The iterations between two validations, each of which makes a checkpoint too; at least 1.</summary>
    /// <value>250 iterations by default.</value>
    public int ValidateEvery
    {
        get;
        init => field = AtLeast(value, 1, nameof(ValidateEvery));
    } = 250;

    /// <summary>The episodes of a validation, at least 1.</summary>
    /// <value>200 episodes by default.</value>
    public int ValidationEpisodes
    {
        get;
        init => field = AtLeast(value, 1, nameof(ValidationEpisodes));
    } = 200;

    /// <summary>The validations without a better result after which training ends; 0 for never.</summary>
    /// <value>0 by default.</value>
    public int Patience
    {
        get;
        init => field = AtLeast(value, 0, nameof(Patience));
    }

    /// <summary>
    /// The share of the training over which the multi-step loss moves its weight to the last step, from 0 to 1; 0 has it there from the
    /// start.
    /// </summary>
    /// <value>0.3 by default.</value>
    public double MultiStepShare
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw Invalid(nameof(MultiStepShare), value, "from 0 to 1");
    } = 0.3;

    /// <summary>The peak bytes that one worker's arena may have. Inner steps are recomputed where that is needed to stay below.</summary>
    /// <value>Null by default, for no limit.</value>
    public long? MemoryBudget { get; init; }

    /// <summary>The options that shape the numbers, as JSON.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, TrainingJson.Default.TrainingOptions)!.AsObject();

    /// <summary>Reads the options of training.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="path">The file it came from, for the error.</param>
    /// <exception cref="StorageException">It is not that.</exception>
    public static TrainingOptions FromJson(JsonNode? json, string path) =>
        StoredJson.Read(json, TrainingJson.Default.TrainingOptions, s_defaults, path, "how to train");

    private static readonly TrainingOptions s_defaults = new();

    private static int AtLeast(int value, int least, string name) =>
        value >= least ? value : throw Invalid(name, value, $"at least {least}");

    private static ArgumentOutOfRangeException Invalid(string name, object value, string demand) =>
        new(name, value, $"{name} must be {demand}");
}
