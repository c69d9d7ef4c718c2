namespace FewShot.Storage;

/// <summary>
/// Files as their users mean them: through links, and nothing but regular files. A pipe or a device has no length and is never opened, for
/// reading it could wait for ever or have no end. Thread-safe.
/// </summary>
public static class RegularFile
{
    /// <summary>The bytes that the file has which a path leads to; 0 for an empty file, a pipe or a device.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <exception cref="IOException">There is no such file, or a link leads nowhere.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public static long LengthOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);

        // The length of a link is that of the path it holds.
        if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is { } target)
        {
            file = new FileInfo(target.FullName);
        }

        return file.Length;
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file, or a link to it.</param>
    /// <param name="limit">The most bytes that such a file may have.</param>
    /// <exception cref="IOException">
    /// There is no such file, it is a pipe or a device or empty, or it has more bytes than may be.
    /// </exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, long limit) =>
        LengthOf(path) switch
        {
            0 => throw new IOException("it is empty, or a pipe or device, which has no length"),
            var length when length > limit => throw new IOException($"it has {length} bytes, more than the {limit} that it may have"),
            _ => File.ReadAllBytes(path),
        };
}
