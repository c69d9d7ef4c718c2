using System.Text.Json.Serialization;
using FewShot.Methods.Optimizers;
using FewShot.Storage;

namespace FewShot.Training;

/// <summary>How options of training are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowOutOfOrderMetadataProperties = true,
    Converters = [typeof(CamelCaseEnum<OptimizerKind>), typeof(CamelCaseEnum<LearningRateSchedule>)]
)]
[JsonSerializable(typeof(TrainingOptions))]
internal sealed partial class TrainingJson : JsonSerializerContext;
