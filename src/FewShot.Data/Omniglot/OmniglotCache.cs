using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FewShot.Data.Omniglot;

// Keeps decoded images between runs. A copy belongs to the size and time of what it was decoded from, and carries a hash of itself, so a
// stale, truncated or half-written one is never used. Writers make a file of their own and rename it into place, so concurrent ones cannot
// disturb each other.
internal static class OmniglotCache
{
    // Raise when the decoding or the layout of the file changes.
    private const int Version = 1;
    private const int HashLength = 32;

    // Links could lead back.
    private static readonly EnumerationOptions s_withoutLinks = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    };

    private static ReadOnlySpan<byte> Magic => "FewShot images\0"u8;

    public static IReadOnlyList<ImageClass> GetOrAdd(string cacheFolder, string source, Func<IReadOnlyList<ImageClass>> decode)
    {
        string key = KeyOf(source);
        string file = Path.Combine(
            cacheFolder,
            $"omniglot-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16]}.images"
        );
        if (TryRead(file, key) is { } cached)
        {
            return cached;
        }

        IReadOnlyList<ImageClass> classes = decode();
        TryWrite(file, key, classes);
        return classes;
    }

    private static string KeyOf(string source)
    {
        string full = Path.GetFullPath(source);
        long size = 0,
            newest = 0,
            count = 0;
        IEnumerable<FileInfo> files = Directory.Exists(full)
            ? new DirectoryInfo(full).EnumerateFiles("*", s_withoutLinks)
            : [new FileInfo(full)];
        foreach (FileInfo file in files)
        {
            size += file.Length;
            newest = Math.Max(newest, file.LastWriteTimeUtc.Ticks);
            count++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Version}|{full}|{count}|{size}|{newest}");
    }

    // Null where there is no usable copy: the images are then decoded again.
    private static List<ImageClass>? TryRead(string path, string key)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        int bodyLength = file.Length - HashLength;
        if (
            bodyLength < Magic.Length
            || !file.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(file.AsSpan(0, bodyLength)).AsSpan().SequenceEqual(file.AsSpan(bodyLength))
        )
        {
            return null;
        }

        using var reader = new BinaryReader(new MemoryStream(file, Magic.Length, bodyLength - Magic.Length));
        if (reader.ReadString() != key)
        {
            return null;
        }

        var classes = new List<ImageClass>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            string name = reader.ReadString();
            string group = reader.ReadString();
            int length = reader.ReadInt32();
            classes.Add(new ImageClass(name, group, file.AsMemory(Magic.Length + (int)reader.BaseStream.Position, length)));
            reader.BaseStream.Position += length;
        }

        return classes;
    }

    // A copy that cannot be written (no room, no permission) costs the next run a second or two and nothing else.
    private static void TryWrite(string path, string key, IReadOnlyList<ImageClass> classes)
    {
        using var body = new MemoryStream();
        body.Write(Magic);
        using (var writer = new BinaryWriter(body, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(key);
            writer.Write(classes.Count);
            foreach (ImageClass item in classes)
            {
                writer.Write(item.Name);
                writer.Write(item.Group);
                writer.Write(item.Pixels.Length);
                writer.Write(item.Pixels.Span);
            }
        }

        body.Write(SHA256.HashData(body.GetBuffer().AsSpan(0, (int)body.Length)));
        string temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(temporary, body.GetBuffer().AsSpan(0, (int)body.Length));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception deletion) when (deletion is IOException or UnauthorizedAccessException)
            {
                // Whatever kept it from being written also keeps it from being deleted.
            }
        }
    }
}
