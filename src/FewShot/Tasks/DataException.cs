namespace FewShot.Tasks;

/// <summary>
/// Data cannot be used as asked: a file is missing, damaged or of another form, or the data are too few for the tasks. The message is one
/// line that says what was wrong, where, and what to do; it is meant to be shown to the user as it stands.
/// </summary>
public sealed class DataException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong, where, and what to do, in one line.</param>
    public DataException(string message)
        : base(message) { }

    /// <summary>Creates the exception with the error that caused it.</summary>
    /// <param name="message">What was wrong, where, and what to do, in one line.</param>
    /// <param name="innerException">The error that caused it.</param>
    public DataException(string message, Exception innerException)
        : base(message, innerException) { }
}
