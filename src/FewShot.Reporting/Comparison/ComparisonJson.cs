using System.Text.Json.Serialization;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>How a comparison is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [
        typeof(CamelCaseEnum<TaskKind>),
        typeof(CamelCaseEnum<Split>),
        typeof(CamelCaseEnum<NormStatistics>),
        typeof(CamelCaseEnum<ComparisonOutcome>),
    ]
)]
[JsonSerializable(typeof(MethodComparison))]
internal sealed partial class ComparisonJson : JsonSerializerContext;
