using System.Text.Json.Serialization;
using FewShot.Storage;

namespace FewShot.Methods.Weighting;

/// <summary>How the tasks of a meta-batch are combined, by name.</summary>
[JsonConverter(typeof(CamelCaseEnum<TaskWeightingKind>))]
public enum TaskWeightingKind
{
    /// <summary>Every task the same.</summary>
    Uniform,

    /// <summary>By how a task's gradient agrees with those of the others: <see cref="GradientAgreement"/>.</summary>
    Agreement,

    /// <summary>By the angle between a task's gradient and the mean one: <see cref="SimilaritySoftmax"/>.</summary>
    Similarity,

    /// <summary>By the losses alone: <see cref="LossSoftmax"/>.</summary>
    Loss,
}
