using System.Runtime.InteropServices;

namespace FewShot.Storage;

/// <summary>
/// Replaces whole files so that a reader, a crash or a power cut meets either the old version or the new one, never a part:
/// write under a temporary name in the same folder, flush to the disk, rename. Thread-safe.
/// </summary>
public static partial class AtomicFile
{
    private const string TemporarySuffix = ".partial";

    /// <summary>Replaces <paramref name="path"/> by what <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="write">Writes the whole content.</param>
    /// <exception cref="StorageException">The disk is full, the folder read-only or missing; the previous version is untouched.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string fullPath = Path.GetFullPath(path);
        string folder =
            Path.GetDirectoryName(fullPath)
            ?? throw new StorageException($"cannot write '{path}': it is not a file name; give the path of a file");
        string temporary = Path.Combine(
            folder,
            $".{Path.GetFileName(fullPath)}.{Environment.ProcessId}-{Guid.NewGuid():N}{TemporarySuffix}"
        );
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, fullPath, overwrite: true);
            FlushFolder(folder);
        }
        catch (Exception error)
        {
            DeleteQuietly(temporary);
            if (!StorageException.IsFileSystemError(error))
            {
                throw;
            }

            string previous = File.Exists(fullPath) ? "the previous version is untouched" : "nothing was written";
            throw StorageException.From("write", fullPath, error, $"{previous}; free space or choose a folder that can be written");
        }
    }

    /// <summary>Replaces <paramref name="path"/> by <paramref name="text"/> in UTF-8 without a byte order mark.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="text">The whole content.</param>
    /// <exception cref="StorageException">The disk is full, the folder read-only or missing; the previous version is untouched.</exception>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Removes what killed writers left in <paramref name="folder"/>. The caller must be the folder's only writer.</summary>
    internal static void RemoveLeftovers(string folder)
    {
        foreach (string? file in Directory.EnumerateFiles(folder).Where(IsLeftover))
        {
            DeleteQuietly(file);
        }
    }

    /// <summary>Whether <paramref name="path"/> is the temporary file of an interrupted write.</summary>
    internal static bool IsLeftover(string path) =>
        Path.GetFileName(path).StartsWith('.') && path.EndsWith(TemporarySuffix, StringComparison.Ordinal);

    // The error that matters is the one being reported, so a failure to tidy up is not allowed to hide it.
    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error)) { }
    }

    // Unix makes a rename durable only when the folder itself is flushed, which the runtime has no call for.
    // A file system that refuses (some network ones do) has still done the rename, so the result is not an error.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnly = 0;
        int descriptor = Open(folder, readOnly);
        if (descriptor >= 0)
        {
            _ = Synchronize(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
