using System.Text.Json.Serialization;
using FewShot.Storage;

namespace FewShot.Tasks;

/// <summary>What a task asks for: a class, or real values.</summary>
[JsonConverter(typeof(CamelCaseEnum<TaskKind>))]
public enum TaskKind
{
    /// <summary>Targets are one-hot rows over the ways of the task.</summary>
    Classification,

    /// <summary>Targets are rows of real values.</summary>
    Regression,
}
