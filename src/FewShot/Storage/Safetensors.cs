using System.Buffers.Binary;
using System.Text.Json;

namespace FewShot.Storage;

/// <summary>
/// Reads and writes safetensors files, the format Python's <c>safetensors</c> package reads: an 8-byte little-endian header length, a JSON
/// header, the values. Writing is atomic: the file is the old version or the new one, never a part. Reading checks everything the header
/// claims before it allocates, and the checksum of the whole file, header included, that files written here carry.
/// </summary>
/// <remarks>
/// Metadata whose keys begin with <c>fewshot.</c> belong to the file itself. A program that writes a changed copy must leave them out.
/// </remarks>
public static class Safetensors
{
    internal const string MetadataKey = "__metadata__";
    internal const string OwnKeys = "fewshot.";

    /// <summary>Writes tensors and text metadata, replacing <paramref name="path"/> atomically.</summary>
    /// <param name="path">The file to write; its folder must exist.</param>
    /// <param name="tensors">The tensors; their names must differ.</param>
    /// <param name="metadata">Text to store beside them, or null.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or a name is reserved.</exception>
    /// <exception cref="StorageException">The file cannot be written; the previous version is untouched.</exception>
    public static void Write(string path, IEnumerable<StoredTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);

        // Wider elements first keeps every tensor aligned to its element size; the sort is stable, so a file of one type keeps its order.
        StoredTensor[] ordered = tensors.OrderByDescending(tensor => ElementBytes(tensor.Element)).ToArray();
        byte[] header = Header(ordered, metadata ?? new Dictionary<string, string>());
        FileChecksum.Seal(header, ordered);
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(header);
                foreach (StoredTensor? tensor in ordered)
                {
                    stream.Write(tensor.Bytes);
                }
            }
        );
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file to read. Single precision, double precision and 64-bit integers are understood.</param>
    /// <exception cref="StorageException">
    /// The file is missing, cut short, damaged or not a safetensors file; the message says which.
    /// </exception>
    public static SafetensorsFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            // Pipes and devices have no length, so they are never opened: that could wait for ever.
            if (RegularFile.LengthOf(path) == 0)
            {
                throw new StorageException(
                    $"cannot read '{path}': it is empty, or a pipe or device, which has no length; give a safetensors file"
                );
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            return SafetensorsReader.Read(path, stream);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException($"cannot read '{path}': there is no such file; check the path", error);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("read", path, error, "check that it is a file and that you may read it");
        }
    }

    internal static int ElementBytes(StoredElement element) => element == StoredElement.Float32 ? sizeof(float) : sizeof(double);

    internal static string ElementName(StoredElement element) =>
        element switch
        {
            StoredElement.Float32 => "F32",
            StoredElement.Float64 => "F64",
            _ => "I64",
        };

    // The length of the header and the header, with the place of the checksum still empty.
    private static byte[] Header(StoredTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Keys.FirstOrDefault(key => key.StartsWith(OwnKeys, StringComparison.Ordinal)) is { } reserved)
        {
            throw new ArgumentException(
                $"the metadata key '{reserved}' begins with '{OwnKeys}', which is reserved for the file itself",
                nameof(metadata)
            );
        }

        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[sizeof(ulong)]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            FileChecksum.WritePlace(json);
            foreach ((string? key, string? value) in metadata)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            WriteTensors(json, tensors);
            json.WriteEndObject();
        }

        // Spaces up to a multiple of 8, so that the values start aligned.
        while (buffer.Length % sizeof(ulong) != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        byte[] header = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static void WriteTensors(Utf8JsonWriter json, StoredTensor[] tensors)
    {
        var names = new HashSet<string> { MetadataKey };
        long offset = 0L;
        foreach (StoredTensor tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException(
                    tensor.Name == MetadataKey
                        ? $"a tensor may not be called '{MetadataKey}', which the file format reserves"
                        : $"two tensors are called '{tensor.Name}'; names in one file must differ",
                    nameof(tensors)
                );
            }

            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", ElementName(tensor.Element));
            json.WriteStartArray("shape");
            foreach (int extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.Bytes.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
