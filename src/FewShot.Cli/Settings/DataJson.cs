using System.Text.Json.Serialization;
using FewShot.Data;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>How a selection of data is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(CamelCaseEnum<TaskKind>), typeof(CamelCaseEnum<ClassDivision>)]
)]
[JsonSerializable(typeof(DataSelection))]
internal sealed partial class DataJson : JsonSerializerContext;
