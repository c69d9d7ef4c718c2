using FewShot.Methods.MetaGradients;

namespace FewShot.Training;

/// <summary>Where training stands, reported after every iteration.</summary>
/// <param name="Iteration">Iterations done.</param>
/// <param name="Iterations">Iterations to do.</param>
/// <param name="Loss">Mean query loss of the iteration's tasks.</param>
/// <param name="Accuracy">Mean query accuracy; NaN for regression.</param>
/// <param name="Validation">The latest validation result: accuracy, or loss for regression; NaN before the first.</param>
/// <param name="Best">The best of them.</param>
/// <param name="IterationsPerSecond">Rate over the last iterations; 0 after the first, when none is known yet.</param>
/// <param name="Remaining">Time left at this rate, or of the budget if that is less; null while there is no rate.</param>
public readonly record struct TrainingProgress(
    long Iteration,
    long Iterations,
    double Loss,
    double Accuracy,
    double Validation,
    double Best,
    double IterationsPerSecond,
    TimeSpan? Remaining
)
{
    /// <summary>What the linear systems of the iteration's tasks met; null where the method has none to solve.</summary>
    public SolverIncidents? Solver { get; init; }
}

/// <summary>How training ended.</summary>
public enum TrainingEnd
{
    /// <summary>All iterations are done.</summary>
    Completed,

    /// <summary>The time budget is spent.</summary>
    BudgetSpent,

    /// <summary>Validation stopped improving.</summary>
    NoImprovement,

    /// <summary>It was asked to stop; the run can be resumed.</summary>
    Interrupted,
}

/// <summary>What training gave.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Iteration">Iterations done.</param>
/// <param name="Best">The best validation result: accuracy, or loss for regression; NaN if there was no validation.</param>
/// <param name="Seconds">Time spent in training, earlier sessions of the run included, validation excluded.</param>
/// <param name="PeakBytes">Arena of one worker.</param>
/// <param name="Checkpointed">Whether inner steps were recomputed to save memory.</param>
public sealed record TrainingOutcome(TrainingEnd End, long Iteration, double Best, double Seconds, long PeakBytes, bool Checkpointed);
