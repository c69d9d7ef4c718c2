using System.Globalization;
using FewShot.Methods.MetaGradients;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli.Printing;

/// <summary>How training is told.</summary>
internal static class TrainingText
{
    public static string Line(TrainingProgress progress, TaskKind kind)
    {
        string accuracy = double.IsNaN(progress.Accuracy) ? "" : $"  accuracy {Format.Percent(progress.Accuracy)}";
        string validation = double.IsNaN(progress.Validation)
            ? ""
            : $"  validation {Score(progress.Validation, kind)} (best {Score(progress.Best, kind)})";
        string rate =
            progress.IterationsPerSecond > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {progress.IterationsPerSecond:0.0}/s") : "";
        string remaining = progress.Remaining is { } left ? $"  {Format.Duration(left)} left" : "";

        string solver = progress.Solver is { NegativeCurvature: > 0 } met
            ? $"  negative curvature in {met.NegativeCurvature} of {met.Systems} "
                + $"systems{(met.StoodStill > 0 ? $" ({met.StoodStill} stood still)" : "")}"
            : "";

        // Where time ends the training, the number of iterations says nothing.
        double reached = progress.Iteration + (progress.IterationsPerSecond * (progress.Remaining?.TotalSeconds ?? 0));
        string all = reached >= 0.9 * progress.Iterations ? $" of {Format.Count(progress.Iterations)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"iteration {Format.Count(progress.Iteration)}{all}{rate}  loss {progress.Loss:0.0000}{accuracy}{validation}{solver}{remaining}"
        );
    }

    /// <summary>A validation result: accuracy, or loss for regression.</summary>
    public static string Score(double value, TaskKind kind) =>
        kind == TaskKind.Classification ? Format.Percent(value) : Format.Number(value);

    /// <summary>What the linear systems of a session met, and what helps; null where all went well.</summary>
    public static string? Solver(SolverIncidents met) =>
        met.NegativeCurvature == 0
            ? null
            : $"note: {Format.Count(met.NegativeCurvature)} of {Format.Count(met.Systems)} linear systems of the meta-gradient had "
                + "negative curvature, for the lower level was not convex, "
                + $"and in {Format.Count(met.StoodStill)} the solver stood still; a larger --damping makes them positive definite";

    public static string End(TrainingEnd end) =>
        end switch
        {
            TrainingEnd.Completed => "Done",
            TrainingEnd.BudgetSpent => "The time is spent",
            TrainingEnd.NoImprovement => "Validation no longer improves; ended",
            _ => "Interrupted",
        };
}
