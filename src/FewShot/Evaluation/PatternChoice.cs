using FewShot.Methods.Patterns;

namespace FewShot.Evaluation;

/// <summary>A pattern with what it costs and what it gives.</summary>
/// <param name="Pattern">The pattern that was measured.</param>
/// <param name="Accuracy">The accuracy on validation tasks, after adaptation under the pattern.</param>
/// <param name="Milliseconds">
/// Median time to adapt to one task on one core: the whole program, from the support set to the task's state.
/// </param>
/// <param name="MultiplyAdds">The multiply-adds of one adaptation.</param>
/// <param name="ActiveSteps">How many steps change some layer.</param>
public sealed record PatternMeasurement(Pattern Pattern, Interval Accuracy, double Milliseconds, long MultiplyAdds, int ActiveSteps);

/// <summary>The outcome of a search for patterns.</summary>
/// <param name="AllOnes">The reference, which changes every layer at every step.</param>
/// <param name="Chosen">The fastest measured pattern whose accuracy is at least the reference's less the tolerance.</param>
/// <param name="AllOnesOneStep">The pattern that changes every layer at one step only.</param>
/// <param name="BestOneStep">The most accurate pattern with one active step.</param>
/// <param name="Front">Patterns that no other beats in both time and accuracy, fastest first.</param>
/// <param name="Measured">All patterns that were measured.</param>
public sealed record PatternChoice(
    PatternMeasurement AllOnes,
    PatternMeasurement Chosen,
    PatternMeasurement AllOnesOneStep,
    PatternMeasurement BestOneStep,
    IReadOnlyList<PatternMeasurement> Front,
    IReadOnlyList<PatternMeasurement> Measured
)
{
    /// <summary>Patterns tried in all, those that were measured on a few tasks only included.</summary>
    /// <value>As many as were measured by default.</value>
    public int Screened { get; init; } = Measured.Count;

    /// <summary>Times by which the chosen pattern adapts faster than all ones.</summary>
    public double Speedup => AllOnes.Milliseconds / Chosen.Milliseconds;

    /// <summary>Chooses among measured patterns.</summary>
    /// <param name="measured">What was measured; one of the patterns is all ones.</param>
    /// <param name="steps">How many inner steps the learner takes.</param>
    /// <param name="layers">How many layers the model has.</param>
    /// <param name="tolerance">The accuracy that may be lost, in [0, 1].</param>
    /// <returns>The choice, with the front of patterns that no other beats.</returns>
    public static PatternChoice Among(IReadOnlyList<PatternMeasurement> measured, int steps, int layers, double tolerance)
    {
        PatternMeasurement Find(int active) =>
            measured.First(entry =>
                entry.ActiveSteps == active && entry.Pattern.Grid(steps, layers).All(row => row.All(on => on) || row.All(on => !on))
            );
        PatternMeasurement allOnes = Find(steps);
        return new PatternChoice(
            allOnes,
            measured.Where(entry => entry.Accuracy.Mean >= allOnes.Accuracy.Mean - tolerance).MinBy(entry => entry.Milliseconds)!,
            Find(1),
            measured.Where(entry => entry.ActiveSteps == 1).MaxBy(entry => entry.Accuracy.Mean)!,
            [.. measured.Where(entry => !measured.Any(other => Beats(other, entry))).OrderBy(entry => entry.Milliseconds)],
            measured
        );
    }

    private static bool Beats(PatternMeasurement a, PatternMeasurement b) =>
        a.Milliseconds <= b.Milliseconds
        && a.Accuracy.Mean >= b.Accuracy.Mean
        && (a.Milliseconds < b.Milliseconds || a.Accuracy.Mean > b.Accuracy.Mean);
}
