using System.Buffers.Binary;
using System.Text.Json;

namespace FewShot.Storage;

/// <summary>
/// The reading half of <see cref="Safetensors"/>. Nothing in the file is believed: every claim of the header is checked against the others
/// and against the length of the file before memory is taken for it.
/// </summary>
internal static class SafetensorsReader
{
    // The limit of the format's own implementation: a longer header is damage or an attack.
    private const int LongestHeader = 100_000_000;

    private const string Restore = "copy or write the file again";

    public static SafetensorsFile Read(string path, Stream stream)
    {
        Span<byte> lengthBytes = stackalloc byte[sizeof(ulong)];
        if (stream.Length < lengthBytes.Length)
        {
            throw Fault(path, $"the file is cut short: expected at least {lengthBytes.Length} bytes, has {stream.Length}; {Restore}");
        }

        stream.ReadExactly(lengthBytes);
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (headerLength is < 2 or > LongestHeader)
        {
            throw Fault(
                path,
                $"its header claims {headerLength} bytes, more than a safetensors file has (2 to {LongestHeader}); it is not a "
                    + "safetensors file"
            );
        }

        long dataStart = lengthBytes.Length + (long)headerLength;
        if (stream.Length < dataStart)
        {
            throw Fault(path, $"the file is cut short: expected at least {dataStart} bytes for the header, has {stream.Length}; {Restore}");
        }

        byte[] header = new byte[dataStart];
        lengthBytes.CopyTo(header);
        stream.ReadExactly(header.AsSpan(lengthBytes.Length));
        using JsonDocument json = ParseHeader(path, header.AsMemory(lengthBytes.Length));
        (List<Entry>? entries, Dictionary<string, string>? metadata) = ReadEntriesAsText(path, json.RootElement);
        CheckOffsets(path, entries, dataStart, stream.Length);
        Dictionary<Entry, StoredTensor> tensors = ReadTensors(stream, dataStart, entries);
        return FileChecksum.Fault(header, metadata, [.. InFileOrder(entries).Select(entry => tensors[entry])]) is { } fault
            ? throw Fault(path, $"{fault}; {Restore}")
            : new SafetensorsFile(path, entries.ConvertAll(entry => tensors[entry]), metadata);
    }

    private sealed record Entry(string Name, StoredElement Element, int[] Shape, long Begin, long End);

    private static StorageException Fault(string path, string fault, Exception? inner = null) =>
        new($"cannot read '{path}': {fault}", inner);

    private static JsonDocument ParseHeader(string path, ReadOnlyMemory<byte> header)
    {
        try
        {
            var json = JsonDocument.Parse(header);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json
                : throw Fault(path, $"its header is a JSON {json.RootElement.ValueKind}, not an object; it is not a safetensors file");
        }
        catch (JsonException error)
        {
            throw Fault(
                path,
                $"its header is not JSON (byte {error.BytePositionInLine ?? 0}); it is damaged or not a safetensors file",
                error
            );
        }
    }

    // The JSON parser finds a malformed character only when the text holding it is asked for.
    private static (List<Entry> Entries, Dictionary<string, string> Metadata) ReadEntriesAsText(string path, JsonElement header)
    {
        try
        {
            return ReadEntries(path, header);
        }
        catch (InvalidOperationException error)
        {
            throw Fault(path, $"its header holds text that is not UTF-8; {Restore}", error);
        }
    }

    private static (List<Entry> Entries, Dictionary<string, string> Metadata) ReadEntries(string path, JsonElement header)
    {
        var names = new HashSet<string>();
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>();
        foreach (JsonProperty property in header.EnumerateObject())
        {
            if (!names.Add(property.Name))
            {
                throw Fault(path, $"the name '{property.Name}' occurs twice in its header; {Restore}");
            }

            if (property.Name != Safetensors.MetadataKey)
            {
                entries.Add(ReadEntry(path, property));
                continue;
            }

            if (property.Value.ValueKind != JsonValueKind.Object)
            {
                throw Fault(path, $"its metadata are a JSON {property.Value.ValueKind}, not an object; {Restore}");
            }

            foreach (JsonProperty item in property.Value.EnumerateObject())
            {
                if (item.Value.ValueKind != JsonValueKind.String || !metadata.TryAdd(item.Name, item.Value.GetString()!))
                {
                    throw Fault(path, $"its metadata '{item.Name}' are given twice or are not text; {Restore}");
                }
            }
        }

        return (entries, metadata);
    }

    private static Entry ReadEntry(string path, JsonProperty property)
    {
        StorageException Damaged(string what) => Fault(path, $"tensor '{property.Name}' {what}; {Restore}");

        if (
            property.Value.ValueKind != JsonValueKind.Object
            || !property.Value.TryGetProperty("dtype", out JsonElement dtype)
            || dtype.ValueKind != JsonValueKind.String
            || !property.Value.TryGetProperty("shape", out JsonElement shape)
            || shape.ValueKind != JsonValueKind.Array
            || !property.Value.TryGetProperty("data_offsets", out JsonElement offsets)
            || offsets.ValueKind != JsonValueKind.Array
            || offsets.GetArrayLength() != 2
        )
        {
            throw Damaged("lacks its dtype, shape or two data_offsets");
        }

        StoredElement element = dtype.GetString() switch
        {
            "F32" => StoredElement.Float32,
            "F64" => StoredElement.Float64,
            "I64" => StoredElement.Int64,
            var other => throw Fault(
                path,
                $"tensor '{property.Name}' has the element type {other}; F32, F64 and I64 are read, so convert it first"
            ),
        };
        if (property.Value.EnumerateObject().DistinctBy(member => member.Name).Count() != property.Value.EnumerateObject().Count())
        {
            throw Damaged("has a member that is given twice");
        }

        int[] extents = shape
            .EnumerateArray()
            .Select(extent =>
                extent.ValueKind == JsonValueKind.Number && extent.TryGetInt32(out int value) && value >= 0
                    ? value
                    : throw Damaged($"has the extent {extent.GetRawText()} in its shape")
            )
            .ToArray();
        if (
            offsets[0].ValueKind != JsonValueKind.Number
            || !offsets[0].TryGetInt64(out long begin)
            || offsets[1].ValueKind != JsonValueKind.Number
            || !offsets[1].TryGetInt64(out long end)
            || begin < 0
            || end < begin
        )
        {
            throw Damaged($"has the data_offsets {offsets.GetRawText()}");
        }

        Int128 size = extents.Aggregate(
            (Int128)Safetensors.ElementBytes(element),
            (product, extent) =>
                product * extent is var next && next <= long.MaxValue
                    ? next
                    : throw Damaged("has a shape of more values than any file holds")
        );
        if (size != end - begin)
        {
            throw Damaged(
                $"of shape [{string.Join(", ", extents)}] takes {size} bytes as {Safetensors.ElementName(element)}, but its "
                    + $"data_offsets span {end - begin}"
            );
        }

        return size <= Array.MaxLength
            ? new Entry(property.Name, element, extents, begin, end)
            : throw Fault(path, $"tensor '{property.Name}' takes {size} bytes, more than one array holds; split it");
    }

    // The format lets no byte belong to two tensors or to none.
    private static void CheckOffsets(string path, List<Entry> entries, long dataStart, long fileLength)
    {
        long position = 0L;
        foreach (Entry entry in InFileOrder(entries))
        {
            if (entry.Begin != position)
            {
                string what = entry.Begin < position ? "overlaps the tensor before it" : "leaves a gap after the tensor before it";
                throw Fault(path, $"tensor '{entry.Name}' at byte {entry.Begin} of the data {what}, which ends at {position}; {Restore}");
            }

            position = entry.End;
        }

        // Written as a subtraction because a claimed end may be close to the largest number.
        if (position != fileLength - dataStart)
        {
            string what = position > fileLength - dataStart ? "is cut short" : "has bytes after its last tensor";
            throw Fault(path, $"the file {what}: expected {(Int128)position + dataStart} bytes, has {fileLength}; {Restore}");
        }
    }

    private static IEnumerable<Entry> InFileOrder(List<Entry> entries) => entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End);

    private static Dictionary<Entry, StoredTensor> ReadTensors(Stream stream, long dataStart, List<Entry> entries)
    {
        var tensors = new Dictionary<Entry, StoredTensor>();
        foreach (Entry entry in InFileOrder(entries))
        {
            StoredTensor tensor = Allocate(entry);
            stream.Position = dataStart + entry.Begin;
            stream.ReadExactly(tensor.Bytes);
            tensors.Add(entry, tensor);
        }

        return tensors;
    }

    private static StoredTensor Allocate(Entry entry)
    {
        int count = (int)((entry.End - entry.Begin) / Safetensors.ElementBytes(entry.Element));
        return entry.Element switch
        {
            StoredElement.Float32 => new StoredTensor(entry.Name, entry.Shape, new float[count]),
            StoredElement.Float64 => new StoredTensor(entry.Name, entry.Shape, new double[count]),
            _ => new StoredTensor(entry.Name, entry.Shape, new long[count]),
        };
    }
}
