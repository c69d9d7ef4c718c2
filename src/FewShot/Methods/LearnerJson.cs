using System.Text.Json.Serialization;
using FewShot.Adaptation;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Weighting;

namespace FewShot.Methods;

/// <summary>How a learner is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a flow may last for ever
    Converters = [
        typeof(CamelCaseEnum<TaskKind>),
        typeof(CamelCaseEnum<NormStatistics>),
        typeof(CamelCaseEnum<LearningRateScope>),
        typeof(CamelCaseEnum<TaskWeightingKind>),
    ]
)]
[JsonSerializable(typeof(LearnerSpecification))]
internal sealed partial class LearnerJson : JsonSerializerContext;
