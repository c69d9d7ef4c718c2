using System.Text.Json.Serialization;
using FewShot.Storage;

namespace FewShot.Methods.Weighting;

/// <summary>How the tasks of a meta-batch are combined, by name.</summary>
[JsonConverter(typeof(CamelCaseEnum<TaskWeightingKind>))]
public enum TaskWeightingKind
{
    /// <summary>Every task counts the same.</summary>
    Uniform,

    /// <summary>A task counts by how its gradient agrees with those of the others: <see cref="GradientAgreement"/>.</summary>
    Agreement,

    /// <summary>A task counts by the angle between its gradient and the mean one: <see cref="SimilaritySoftmax"/>.</summary>
    Similarity,

    /// <summary>A task counts by its loss alone: <see cref="LossSoftmax"/>.</summary>
    Loss,
}
