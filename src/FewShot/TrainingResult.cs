using FewShot.Training;

namespace FewShot;

/// <summary>What a training gave: the learner to use, and what there is to know of how it came about.</summary>
/// <param name="Learner">
/// The learner with the weights that validated best; with the last ones where the tasks have no validation split.
/// </param>
/// <param name="Last">The learner with the last weights.</param>
/// <example>
/// <code>
/// using TrainingResult result = await Trainer.TrainAsync(definition, tasks);
/// Console.WriteLine($"{result.Iterations} iterations in {result.Duration}, validation {result.Validation:0.000}");
/// result.Learner.Save("best.safetensors"); // the weights that validated best
/// result.Last.Save("last.safetensors");
/// </code>
/// </example>
public sealed record TrainingResult(Learner Learner, Learner Last) : IDisposable
{
    /// <summary>Why training ended.</summary>
    public TrainingEnd End { get; init; }

    /// <summary>The outer iterations done, those of earlier calls on the same folder included.</summary>
    public long Iterations { get; init; }

    /// <summary>
    /// The best validation: accuracy from 0 to 1 for classification, mean squared error for regression; null where nothing was validated.
    /// </summary>
    public double? Validation { get; init; }

    /// <summary>Time spent on training, validation not counted.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The most memory that one worker's program takes, in bytes.</summary>
    public long PeakBytes { get; init; }

    /// <summary>Whether inner steps were recomputed to meet <see cref="TrainingOptions.MemoryBudget"/>.</summary>
    public bool Rematerialized { get; init; }

    /// <summary>Gives the memory of both learners back.</summary>
    public void Dispose()
    {
        Learner.Dispose();
        Last.Dispose();
    }
}
