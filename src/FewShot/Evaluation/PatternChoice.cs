using FewShot.Methods.Patterns;

namespace FewShot.Evaluation;

/// <summary>A pattern with what it costs and what it gives.</summary>
/// <param name="Pattern">The pattern.</param>
/// <param name="Accuracy">On validation tasks, after adaptation under it.</param>
/// <param name="Milliseconds">
/// Median time to adapt to one task on one core: the whole program, from the support set to the task's state.
/// </param>
/// <param name="MultiplyAdds">Of one adaptation.</param>
/// <param name="ActiveSteps">Steps at which some layer changes.</param>
public sealed record PatternMeasurement(Pattern Pattern, Interval Accuracy, double Milliseconds, long MultiplyAdds, int ActiveSteps);

/// <summary>The outcome of a search.</summary>
/// <param name="AllOnes">Every layer at every step: the reference.</param>
/// <param name="Chosen">The fastest measured pattern whose accuracy is at least the reference's less the tolerance.</param>
/// <param name="AllOnesOneStep">Every layer at one step only.</param>
/// <param name="BestOneStep">The most accurate pattern with one active step.</param>
/// <param name="Front">Patterns that no other beats in both time and accuracy, fastest first.</param>
/// <param name="Measured">All of them.</param>
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
    public int Screened { get; init; } = Measured.Count;

    /// <summary>Times by which the chosen pattern adapts faster than all ones.</summary>
    public double Speedup => AllOnes.Milliseconds / Chosen.Milliseconds;

    /// <summary>Chooses among measured patterns.</summary>
    /// <param name="measured">Measurements; one of them is of all ones.</param>
    /// <param name="steps">Inner steps.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="tolerance">Accuracy that may be lost, in [0, 1].</param>
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
