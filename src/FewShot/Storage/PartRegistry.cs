using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FewShot.Storage;

/// <summary>
/// The names by which files speak of parts. A part of one's own (an adaptation, a meta-gradient, a weighting, a layer, a network, an input
/// preparation) is written to a file as its registered name and its public properties as JSON, and read back by that name: register it once
/// when the program starts, both where the file is written and where it is read. The parts of this library are registered already.
/// Thread-safe; works without reflection on the part.
/// </summary>
/// <example>
/// <code>
/// [JsonSerializable(typeof(ScaledMeans))]
/// internal sealed partial class OwnParts : JsonSerializerContext;
/// </code>
/// <code>
/// PartRegistry.Register("scaled-means", OwnParts.Default.ScaledMeans);
/// </code>
/// </example>
public static class PartRegistry
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<Type, (string Name, IJsonTypeInfoResolver Context)> s_parts = [];
    private static readonly HashSet<IJsonTypeInfoResolver> s_contexts = [];
    private static JsonSerializerOptions? s_options;

    /// <summary>Gives a part a name in files. Registering the same part under the same name again does nothing.</summary>
    /// <typeparam name="TPart">The class of the part; not abstract.</typeparam>
    /// <param name="name">The name, unique among the parts of its kind; it stays what it is for as long as there are files.</param>
    /// <param name="settings">How its public properties are written, from a source-generated context.</param>
    /// <exception cref="ArgumentException">
    /// The name is taken by another part of the kind, the part has another name already, or it is of no kind that files speak of.
    /// </exception>
    public static void Register<TPart>(string name, JsonTypeInfo<TPart> settings)
        where TPart : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(settings);
        Type kind =
            KindOf(typeof(TPart))
            ?? throw new ArgumentException(
                $"{typeof(TPart).Name} derives from no class whose parts are written to files",
                nameof(settings)
            );
        lock (s_gate)
        {
            if (s_parts.TryGetValue(typeof(TPart), out (string Name, IJsonTypeInfoResolver Context) known))
            {
                if (known.Name != name)
                {
                    throw new ArgumentException($"{typeof(TPart).Name} is registered as '{known.Name}' already", nameof(name));
                }

                return;
            }

            if (s_parts.FirstOrDefault(part => part.Value.Name == name && KindOf(part.Key) == kind).Key is { } other)
            {
                throw new ArgumentException($"the name '{name}' is that of {other.FullName} already; choose another", nameof(name));
            }

            s_parts[typeof(TPart)] = (name, settings.OriginatingResolver ?? settings.Options.TypeInfoResolver!);
            s_options = null;
        }
    }

    /// <summary>How a record that holds parts is written, with all parts that are registered now.</summary>
    /// <param name="context">The source-generated context that knows the record.</param>
    internal static JsonTypeInfo<T> TypeOf<T>(IJsonTypeInfoResolver context) => (JsonTypeInfo<T>)TypeOf(typeof(T), context);

    /// <summary>The first part that a text names and no one registered, in words; null where there is none.</summary>
    internal static string? Unregistered(JsonNode? json) =>
        json switch
        {
            JsonObject fields => fields.Select(field => Unregistered(field.Key, field.Value)).FirstOrDefault(found => found is not null),
            JsonArray items => items.Select(Unregistered).FirstOrDefault(found => found is not null),
            _ => null,
        };

    /// <summary>
    /// The first part among those reachable as properties that has no name, for the error of a file that is to be written.
    /// </summary>
    internal static ArgumentException Unwritable(NotSupportedException error) =>
        new($"a part is not registered, so that no file can name it; call PartRegistry.Register for it first ({error.Message})", error);

    private static JsonTypeInfo TypeOf(Type type, IJsonTypeInfoResolver context)
    {
        lock (s_gate)
        {
            // Options that were used once do not change any more.
            if (s_contexts.Add(context) || s_options is null)
            {
                s_options = new JsonSerializerOptions
                {
                    PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
                    RespectNullableAnnotations = true,
                    AllowOutOfOrderMetadataProperties = true,
                    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a flow may last for ever
                    TypeInfoResolver = JsonTypeInfoResolver
                        .Combine([.. s_contexts.Concat(s_parts.Values.Select(part => part.Context)).Distinct()])
                        .WithAddedModifier(AddParts),
                };
            }

            return s_options.GetTypeInfo(type);
        }
    }

    private static string? Unregistered(string key, JsonNode? value)
    {
        lock (s_gate)
        {
            return
                (key is "$part" or "form")
                && value is JsonValue text
                && text.TryGetValue(out string? name)
                && !s_parts.Values.Any(part => part.Name == name)
                && (key == "$part" || IsPreparation(value.Parent))
                ? $"the part '{name}' is not registered in this program; call PartRegistry.Register(\"{name}\", ...) before the file "
                    + "is read"
                : Unregistered(value);
        }
    }

    private static bool IsPreparation(JsonNode? node) =>
        node?.Parent is null || (node.Parent is JsonObject && node.GetPropertyName() == "preparation");

    // The class that stands for the kind: the one with the attribute.
    private static Type? KindOf(Type? type)
    {
        while (type is not null && !type.IsDefined(typeof(PartKindAttribute), inherit: false))
        {
            type = type.BaseType;
        }

        return type;
    }

    private static void AddParts(JsonTypeInfo info)
    {
        if (info.Kind == JsonTypeInfoKind.Object && KindOf(info.Type) is not null)
        {
            // What a part computes from its settings is none of them.
            foreach (JsonPropertyInfo computed in info.Properties.Where(own => own.Set is null && own.AssociatedParameter is null).ToList())
            {
                info.Properties.Remove(computed);
            }
        }

        if (info.Type.GetCustomAttribute<PartKindAttribute>(inherit: false) is not { } kind)
        {
            return;
        }

        JsonDerivedType[] parts =
        [
            .. from part in s_parts where info.Type.IsAssignableFrom(part.Key) select new JsonDerivedType(part.Key, part.Value.Name),
        ];
        if (parts.Length == 0)
        {
            info.OnSerializing = part => throw new NotSupportedException($"{part.GetType()} has no name");
            return;
        }

        info.PolymorphismOptions = new JsonPolymorphismOptions
        {
            TypeDiscriminatorPropertyName = kind.Discriminator,
            UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization,
        };
        foreach (JsonDerivedType part in parts)
        {
            info.PolymorphismOptions.DerivedTypes.Add(part);
        }
    }
}
