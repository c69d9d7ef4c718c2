namespace FewShot.Training;

/// <summary>
/// A loss or a gradient is no longer a finite number, so that going on is of no use. The message is one line: since which iteration, and
/// which properties to change. What was saved before is untouched.
/// </summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that says what diverged, when, and what to try.</param>
    public TrainingDivergedException(string message)
        : base(message) { }
}
