using System.Text.Json.Nodes;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot;

/// <summary>Trains learners. Thread-safe: any number of trainings may run at once.</summary>
/// <example>
/// <code>
/// ITaskSource tasks = TaskSources.Open("glyphs", root: null, new TaskOptions { Ways = 5, Shots = 1 });
/// var definition = new LearnerDefinition(Methods.Maml(innerSteps: 5), Networks.Conv4(tasks.Shape, channels: 32));
/// using TrainingResult result = await Trainer.TrainAsync(definition, tasks, new TrainingOptions { Iterations = 2000 });
/// result.Learner.Save("learner.safetensors");
/// </code>
/// </example>
public static class Trainer
{
    /// <summary>Trains a learner on a thread of its own.</summary>
    /// <param name="definition">The learner to train: its method, its network and the kind of its tasks.</param>
    /// <param name="tasks">Where tasks come from; their shape must fit the network.</param>
    /// <param name="options">How to train; null for the defaults.</param>
    /// <param name="progress">Called after every iteration; null for no one.</param>
    /// <param name="cancellationToken">
    /// Asks to stop after the current iteration. What is done by then is the result, whose <see cref="TrainingResult.End"/> is
    /// <see cref="TrainingEnd.Interrupted"/>, and with a <see cref="TrainingOptions.Folder"/> the same call goes on later.
    /// </param>
    /// <returns>The learner with the weights that validated best, and what there is to know of its training.</returns>
    /// <exception cref="ArgumentException">Parts do not fit together, or the memory budget cannot be met; the message says why.</exception>
    /// <exception cref="StorageException">The folder cannot be written, or holds a run of another configuration.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a number; the message says since when and what to try.</exception>
    /// <exception cref="DataException">The tasks have values that are no numbers.</exception>
    public static Task<TrainingResult> TrainAsync(
        LearnerDefinition definition,
        ITaskSource tasks,
        TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(tasks);
        return Task.Factory.StartNew(
            () => Train(definition, tasks, options ?? new TrainingOptions(), progress, cancellationToken),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    private static TrainingResult Train(
        LearnerDefinition definition,
        ITaskSource tasks,
        TrainingOptions options,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        definition = definition with { Preparation = definition.Preparation ?? tasks.Preparation };
        using var loop = new TrainingLoop(definition, tasks, options, options.Workers);
        using RunFolder? folder = options.Folder is null
            ? null
            : RunFolder.Open(
                options.Folder,
                new JsonObject { ["learner"] = loop.Definition.ToJson(), ["training"] = options.ToJson() },
                ["training.iterations", "training.scheduleIterations", "training.budget", "training.patience"]
            );
        TrainingOutcome outcome = loop.Run(folder, progress is null ? null : progress.Report, cancellationToken);
        var best = new ParameterSet(loop.Parameters.Specifications);
        loop.BestParameters.CopyTo(best.Values, 0);
        return new TrainingResult(new Learner(loop.Definition, best), new Learner(loop.Definition, loop.Parameters))
        {
            End = outcome.End,
            Iterations = outcome.Iteration,
            Validation = double.IsNaN(outcome.Best) ? null : outcome.Best,
            Duration = TimeSpan.FromSeconds(outcome.Seconds),
            PeakBytes = outcome.PeakBytes,
            Rematerialized = outcome.Checkpointed,
        };
    }
}
