using System.Text.Json;
using System.Text.Json.Serialization;

namespace FewShot.Storage;

/// <summary>Writes the values of an enumeration by their names in camel case, and reads nothing else: a number is no name.</summary>
/// <typeparam name="T">The type of the enumeration.</typeparam>
public sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
