using FewShot.Methods.MetaGradients;

namespace FewShot.Training;

/// <summary>Where training stands, reported after every iteration.</summary>
/// <param name="Iteration">How many iterations are done.</param>
/// <param name="Iterations">How many iterations there are to do.</param>
/// <param name="Loss">The mean query loss of the iteration's tasks.</param>
/// <param name="Accuracy">The mean query accuracy of the iteration's tasks; NaN for regression.</param>
/// <param name="Validation">The latest validation result: accuracy, or loss for regression; NaN before the first.</param>
/// <param name="Best">The best validation result so far; NaN before the first.</param>
/// <param name="IterationsPerSecond">The rate of the last iterations; 0 after the first, when none is known yet.</param>
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
    /// <summary>All iterations were done.</summary>
    Completed,

    /// <summary>The time budget is spent.</summary>
    BudgetSpent,

    /// <summary>Validation stopped improving.</summary>
    NoImprovement,

    /// <summary>The caller asked to stop; the run can be resumed.</summary>
    Interrupted,
}

/// <summary>What training gave.</summary>
/// <param name="End">Why training ended.</param>
/// <param name="Iteration">How many iterations are done.</param>
/// <param name="Best">The best validation result: accuracy, or loss for regression; NaN if there was no validation.</param>
/// <param name="Seconds">Time spent in training, earlier sessions of the run included, validation excluded.</param>
/// <param name="PeakBytes">The bytes of one worker's arena.</param>
/// <param name="Checkpointed">Whether inner steps were recomputed to save memory.</param>
public sealed record TrainingOutcome(TrainingEnd End, long Iteration, double Best, double Seconds, long PeakBytes, bool Checkpointed);
