namespace FewShot.Methods.MetaGradients;

/// <summary>
/// How many linear systems of a batch of tasks were not positive definite, as far as their solver went; see <see cref="LinearSolution"/>.
/// </summary>
/// <param name="Systems">How many systems were solved, one a task.</param>
/// <param name="NegativeCurvature">How many solvers met a direction of no positive curvature.</param>
/// <param name="StoodStill">How many of these solvers could move no further.</param>
public readonly record struct SolverIncidents(long Systems, long NegativeCurvature, long StoodStill)
{
    /// <summary>The incidents of two batches together.</summary>
    /// <param name="other">The incidents of the other batch.</param>
    public SolverIncidents Plus(SolverIncidents other) =>
        new(Systems + other.Systems, NegativeCurvature + other.NegativeCurvature, StoodStill + other.StoodStill);
}
