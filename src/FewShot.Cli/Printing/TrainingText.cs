using System.Globalization;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli;

/// <summary>How training is told.</summary>
internal static class TrainingText
{
    public static string Line(TrainingProgress progress, TaskKind kind)
    {
        string accuracy = double.IsNaN(progress.Accuracy) ? "" : $"  accuracy {Texts.Percent(progress.Accuracy)}";
        string validation = double.IsNaN(progress.Validation) ? "" : $"  validation {Score(progress.Validation, kind)} (best {Score(progress.Best, kind)})";
        string rate = progress.IterationsPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {progress.IterationsPerSecond:0.0}/s") : "";
        string remaining = progress.Remaining is { } left ? $"  {Texts.Duration(left)} left" : "";

        // Where time ends the training, the number of iterations says nothing.
        double reached = progress.Iteration + (progress.IterationsPerSecond * (progress.Remaining?.TotalSeconds ?? 0));
        string all = reached >= 0.9 * progress.Iterations ? $" of {Texts.Count(progress.Iterations)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"iteration {Texts.Count(progress.Iteration)}{all}{rate}  loss {progress.Loss:0.0000}{accuracy}{validation}{remaining}");
    }

    /// <summary>A validation result: accuracy, or loss for regression.</summary>
    public static string Score(double value, TaskKind kind) => kind == TaskKind.Classification ? Texts.Percent(value) : Texts.Number(value);

    public static string End(TrainingEnd end) => end switch
    {
        TrainingEnd.Completed => "Done",
        TrainingEnd.BudgetSpent => "The time is spent",
        TrainingEnd.NoImprovement => "Validation no longer improves; ended",
        _ => "Interrupted",
    };
}
