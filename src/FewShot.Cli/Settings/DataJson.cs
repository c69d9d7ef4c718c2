using System.Text.Json.Serialization;

namespace FewShot.Cli.Settings;

/// <summary>How a selection of data is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(DataSelection))]
internal sealed partial class DataJson : JsonSerializerContext;
