using System.Text.Json;
using System.Text.Json.Nodes;

namespace FewShot.Storage;

/// <summary>
/// A log of one JSON object a line, each with a <c>step</c>. A line cut short by a crash is dropped when the log is opened again, and so
/// are the lines after the step a run resumes from, so that a resumed run's log reads like that of one never stopped.
/// </summary>
internal sealed class JsonLinesLog : IDisposable
{
    /// <summary>The member of every line that says to which step it belongs.</summary>
    public const string Step = "step";

    private readonly string _path;
    private readonly FileStream _stream;

    private JsonLinesLog(string path, FileStream stream)
    {
        this._path = path;
        this._stream = stream;
    }

    /// <summary>Opens or creates the log for appending, keeping the lines up to and including <paramref name="lastStep"/>.</summary>
    /// <exception cref="StorageException">The file cannot be opened, or a line before the last is damaged.</exception>
    public static JsonLinesLog Open(string path, long lastStep = long.MaxValue)
    {
        try
        {
            long kept = File.Exists(path) ? KeptLength(path, lastStep) : 0;
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.SetLength(kept);
            stream.Position = kept;
            return new JsonLinesLog(path, stream);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("open", path, error, "check that the folder exists and can be written");
        }
    }

    /// <summary>Reads every whole line; the cut-off last line of a run that is being written or was killed is left out.</summary>
    /// <exception cref="StorageException">The file cannot be read, or a line before the last is damaged.</exception>
    public static IReadOnlyList<JsonObject> Read(string path)
    {
        try
        {
            return [.. Lines(path, ReadShared(path)).Select(line => line.Value)];
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("read", path, error, "check the path and that you may read it");
        }
    }

    /// <summary>
    /// Appends <paramref name="values"/> as one line beginning with the step. NaN and the infinities are written as text, for JSON has no
    /// numbers for them.
    /// </summary>
    /// <exception cref="StorageException">The disk is full; the log ends with the last whole line.</exception>
    public void Append(long step, IEnumerable<KeyValuePair<string, JsonNode?>> values)
    {
        byte[] line = Line(step, values);
        long start = _stream.Position;
        try
        {
            _stream.Write(line);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            _stream.SetLength(start);
            _stream.Position = start;
            throw StorageException.From("append to", _path, error, $"the log is whole up to the step before {step}; free space and resume");
        }
    }

    /// <summary>Makes what was appended survive a power cut.</summary>
    public void Flush() => _stream.Flush(flushToDisk: true);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static byte[] Line(long step, IEnumerable<KeyValuePair<string, JsonNode?>> values)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber(Step, step);
            foreach ((string? name, JsonNode? value) in values)
            {
                if (name == Step)
                {
                    throw new ArgumentException(
                        $"a line's '{Step}' is given by the step itself; name the value differently",
                        nameof(values)
                    );
                }

                json.WritePropertyName(name);
                WriteValue(json, value);
            }

            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void WriteValue(Utf8JsonWriter json, JsonNode? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case JsonValue number when number.TryGetValue<double>(out double real) && !double.IsFinite(real):
                json.WriteStringValue(real.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case JsonValue number when number.TryGetValue<float>(out float real) && !float.IsFinite(real):
                json.WriteStringValue(real.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static long KeptLength(string path, long lastStep)
    {
        long kept = 0L;
        foreach (LogLine line in Lines(path, ReadShared(path)))
        {
            if (line.StepNumber > lastStep)
            {
                break;
            }

            kept = line.End;
        }

        return kept;
    }

    private readonly record struct LogLine(JsonObject Value, long StepNumber, long End);

    private static IEnumerable<LogLine> Lines(string path, byte[] bytes)
    {
        int number = 0;
        for (int start = 0; start < bytes.Length; )
        {
            int length = Array.IndexOf(bytes, (byte)'\n', start) - start;
            if (length < 0)
            {
                yield break; // the last line lacks its end: its writer was stopped
            }

            number++;
            int end = start + length + 1;
            if (Parse(bytes.AsMemory(start, length), path) is not { } line)
            {
                // A power cut can leave the last line whole in length but not in content; only damage reaches further back.
                if (end == bytes.Length)
                {
                    yield break;
                }

                throw new StorageException(
                    $"cannot read '{path}': line {number} is not a JSON object in UTF-8 with a whole number '{Step}'; remove or repair "
                        + "that line"
                );
            }

            yield return line with
            {
                End = end,
            };
            start = end;
        }
    }

    private static LogLine? Parse(ReadOnlyMemory<byte> line, string path)
    {
        try
        {
            return
                StoredJson.Parse(line, path, "what its steps gave") is JsonObject value
                && value[Step] is JsonValue step
                && step.TryGetValue<long>(out long number)
                ? new LogLine(value, number, 0)
                : null;
        }
        catch (StorageException)
        {
            return null;
        }
    }

    private static byte[] ReadShared(string path)
    {
        // A pipe or a device is no log, and reading it could wait for ever.
        if (RegularFile.LengthOf(path) == 0)
        {
            return [];
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        byte[] bytes = new byte[stream.Length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes[..read];
    }
}
