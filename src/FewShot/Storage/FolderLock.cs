using System.Globalization;

namespace FewShot.Storage;

/// <summary>
/// Keeps a second process out of a folder. The operating system holds the lock, so it ends with the process however that ends.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    public const string LockName = ".lock";
    public const string OwnerName = ".owner";

    private readonly FileStream _stream;

    private FolderLock(FileStream stream) => this._stream = stream;

    /// <summary>Takes the lock of <paramref name="folder"/> or says who has it.</summary>
    public static FolderLock Take(string folder)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw new StorageException(
                $"'{folder}' is in use by {Owner(folder)}; wait until it ends, stop it, or train into another folder",
                error
            );
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("lock", folder, error, "choose a folder that can be written");
        }

        try
        {
            // A file of its own, because nobody else may open the locked one. It only informs: losing it costs a better message.
            string now = TimeProvider.System.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);
            AtomicFile.WriteText(
                Path.Combine(folder, OwnerName),
                $"process {Environment.ProcessId} on {Environment.MachineName} since {now}"
            );
            return new FolderLock(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Gives the lock back. The files stay: removing a lock file would let a third process lock a file nobody else sees.</summary>
    public void Dispose() => _stream.Dispose();

    // Sharing violation on Windows; EWOULDBLOCK on Linux (11) and macOS (35).
    private static bool IsHeld(IOException error) => error.HResult is unchecked((int)0x80070020) or 11 or 35;

    private static string Owner(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, OwnerName));
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            return "another process";
        }
    }
}
