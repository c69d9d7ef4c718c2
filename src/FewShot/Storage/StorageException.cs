namespace FewShot.Storage;

/// <summary>
/// A file could not be read or written. The message is one line: which file, what is wrong with it and what to do.
/// </summary>
public sealed class StorageException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line naming the file, the fault and the remedy.</param>
    /// <param name="inner">The error of the operating system behind it, if there was one.</param>
    public StorageException(string message, Exception? inner = null)
        : base(message, inner) { }

    /// <summary>Words an error of the operating system as one line about <paramref name="path"/>.</summary>
    /// <param name="action">What was tried, to complete the sentence "cannot ...": <c>read</c>.</param>
    /// <param name="path">The file or folder.</param>
    /// <param name="error">The error of the operating system.</param>
    /// <param name="remedy">What the user can do about it.</param>
    public static StorageException From(string action, string path, Exception error, string remedy)
    {
        ArgumentNullException.ThrowIfNull(error);

        // The runtime's own message often repeats the path after the reason; the reason alone is what is new.
        string reason =
            error is UnauthorizedAccessException
                ? "access is denied"
                : error.Message.ReplaceLineEndings(" ").Replace($" : '{path}'", "", StringComparison.Ordinal).TrimEnd('.');
        return new StorageException($"cannot {action} '{path}': {reason}; {remedy}", error);
    }

    /// <summary>Whether <paramref name="error"/> is one by which the file system refuses an operation.</summary>
    /// <param name="error">The error of the operating system.</param>
    public static bool IsFileSystemError(Exception error) => error is (IOException and not StorageException) or UnauthorizedAccessException;
}
