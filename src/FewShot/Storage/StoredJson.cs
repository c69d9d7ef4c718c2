using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace FewShot.Storage;

/// <summary>
/// The one way in which JSON of files is read: text to nodes, nodes to records. Whatever is wrong with it is a
/// <see cref="StorageException"/> that names the file, the place such as <c>outer.rate</c>, and the fault. It works without reflection.
/// Thread-safe.
/// </summary>
public static class StoredJson
{
    /// <summary>The most bytes that a file of JSON may have: 64 MiB.</summary>
    public const long MaximumLength = 1L << 26;

    private const string Remedy = "it is damaged, or was not written by this version of FewShot";

    /// <summary>Reads text as one JSON object.</summary>
    /// <param name="utf8">The text in UTF-8; a byte order mark is passed over.</param>
    /// <param name="file">The file it is from, for the error.</param>
    /// <param name="subject">What the text says, to complete the sentence "the file does not say ...": <c>what its learner is</c>.</param>
    /// <exception cref="StorageException">
    /// It is not JSON, not an object, nested deeper than 64 levels, not UTF-8 somewhere, or has a name twice in one object.
    /// </exception>
    public static JsonObject ParseObject(ReadOnlyMemory<byte> utf8, string file, string subject) =>
        Parse(utf8, file, subject) as JsonObject ?? throw Fault(file, subject, "it is not a JSON object");

    /// <inheritdoc cref="ParseObject(ReadOnlyMemory{byte}, string, string)"/>
    /// <param name="text">The text of the file.</param>
    /// <param name="file">The file it is from, for the error.</param>
    /// <param name="subject">What the text says, to complete the sentence "the file does not say ...".</param>
    public static JsonObject ParseObject(string text, string file, string subject) =>
        ParseObject(Encoding.UTF8.GetBytes(text), file, subject);

    /// <summary>Makes a record of what was read. A setting that is not given has the value that <paramref name="defaults"/> has.</summary>
    /// <typeparam name="T">The type of the record.</typeparam>
    /// <param name="json">What was read; null where there was nothing.</param>
    /// <param name="type">How the record is written, from a source-generated context.</param>
    /// <param name="defaults">A record whose settings stand for those not given; required ones are never taken from it.</param>
    /// <param name="file">The file it is from, for the error.</param>
    /// <param name="subject">What the record says, to complete the sentence "the file does not say ...".</param>
    /// <exception cref="StorageException">A setting is missing, unknown, of the wrong kind or outside its range.</exception>
    public static T Read<T>(JsonNode? json, JsonTypeInfo<T> type, T defaults, string file, string subject)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        string? fault;
        Exception inner;
        try
        {
            return json switch
            {
                null => throw new JsonException("it is missing"),
                JsonObject given => Complete(given, JsonSerializer.SerializeToNode(defaults, type)!.AsObject(), type, "")
                    .Deserialize(type)!,
                _ => throw new JsonException("it is not a JSON object"),
            };
        }
        catch (JsonException error)
        {
            // Those of the runtime have the place; their words are for who writes programs.
            fault = error.Path is { } path
                ? $"the value of '{path.TrimStart('$', '.')}' is missing, or of another kind than is needed"
                : error.Message;
            inner = error;
        }
        catch (NotSupportedException error)
        {
            fault = PolymorphicWithoutKind(json, type) ?? "a part does not say of which form it is";
            inner = error;
        }
        catch (ArgumentException error)
        {
            throw Fault(file, subject, error);
        }

        throw Fault(file, subject, fault, inner);
    }

    /// <summary>The error of a file that says something no setting may be, in the words of the setting.</summary>
    internal static StorageException Fault(string file, string subject, ArgumentException error) =>
        Fault(file, subject, error.Message.Split('\n')[0].Split(" (Parameter")[0], error);

    /// <summary>The error of a file that does not say what it should.</summary>
    internal static StorageException Fault(string file, string subject, string fault, Exception? inner = null) =>
        new($"'{file}' does not say {subject}: {fault}; {Remedy}", inner);

    /// <summary>Reads text as JSON of any kind.</summary>
    /// <exception cref="StorageException">As for <see cref="ParseObject(ReadOnlyMemory{byte}, string, string)"/>.</exception>
    internal static JsonNode? Parse(ReadOnlyMemory<byte> utf8, string file, string subject)
    {
        ReadOnlyMemory<byte> text = utf8.Span.StartsWith(Encoding.UTF8.Preamble) ? utf8[Encoding.UTF8.Preamble.Length..] : utf8;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (Flaw(document.RootElement, "") is { } flaw)
            {
                throw Fault(file, subject, flaw);
            }

            return JsonNode.Parse(text.Span);
        }
        catch (JsonException error)
        {
            throw Fault(file, subject, $"line {(error.LineNumber ?? 0) + 1} is not JSON at byte {error.BytePositionInLine ?? 0}", error);
        }
    }

    // What the parser lets pass and its results stumble over when they are used.
    private static string? Flaw(JsonElement element, string place)
    {
        try
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.String:
                    _ = element.GetString();
                    return null;
                case JsonValueKind.Array:
                    return element
                        .EnumerateArray()
                        .Select((item, i) => Flaw(item, $"{place}[{i}]"))
                        .FirstOrDefault(flaw => flaw is not null);
                case JsonValueKind.Object:
                    var names = new HashSet<string>();
                    foreach (JsonProperty property in element.EnumerateObject())
                    {
                        string inner = place.Length == 0 ? property.Name : $"{place}.{property.Name}";
                        if (!names.Add(property.Name))
                        {
                            return $"'{inner}' is given twice";
                        }

                        if (Flaw(property.Value, inner) is { } flaw)
                        {
                            return flaw;
                        }
                    }

                    return null;
                default:
                    return null;
            }
        }
        catch (InvalidOperationException)
        {
            return place.Length == 0 ? "it holds text that is not UTF-8" : $"'{place}' holds text that is not UTF-8";
        }
    }

    // Source-generated readers give a setting that is missing the zero of its type, not the default of its record.
    private static JsonObject Complete(JsonObject given, JsonObject? defaults, JsonTypeInfo type, string place)
    {
        var complete = new JsonObject();
        foreach ((string name, JsonNode? value) in given)
        {
            JsonPropertyInfo property =
                type.Properties.FirstOrDefault(property => property.Name == name)
                ?? throw new JsonException($"'{place}{name}' is not known");
            complete[name] =
                value is JsonObject inner && PlainObject(property, type) is { } innerType
                    ? Complete(inner, defaults?[name] as JsonObject, innerType, $"{place}{name}.")
                    : value?.DeepClone();
        }

        foreach (JsonPropertyInfo property in type.Properties.Where(property => !given.ContainsKey(property.Name)))
        {
            if (property.IsRequired)
            {
                throw new JsonException($"'{place}{property.Name}' is missing");
            }

            if (defaults?[property.Name] is { } value)
            {
                complete[property.Name] = value.DeepClone();
            }
        }

        return complete;
    }

    private static JsonTypeInfo? PlainObject(JsonPropertyInfo property, JsonTypeInfo type) =>
        type.Options.GetTypeInfo(property.PropertyType) is { Kind: JsonTypeInfoKind.Object, PolymorphismOptions: null } found
            ? found
            : null;

    private static string? PolymorphicWithoutKind(JsonNode? json, JsonTypeInfo type, string place = "")
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (json is not JsonObject given || given[property.Name] is not JsonObject value)
            {
                continue;
            }

            JsonTypeInfo inner = type.Options.GetTypeInfo(property.PropertyType);
            string? missing =
                inner.PolymorphismOptions is not { } options ? PolymorphicWithoutKind(value, inner, $"{place}{property.Name}.")
                : value.ContainsKey(options.TypeDiscriminatorPropertyName) ? null
                : $"'{place}{property.Name}.{options.TypeDiscriminatorPropertyName}' is missing";
            if (missing is not null)
            {
                return missing;
            }
        }

        return null;
    }
}
