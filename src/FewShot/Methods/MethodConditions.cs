using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>What a row's own inner step size depends on.</summary>
/// <param name="Kind">What the tasks are.</param>
/// <param name="Shots">Examples of a class, or for regression of a task; null for the step size of ten.</param>
/// <param name="IsNormalized">Whether the network normalises.</param>
internal sealed record MethodConditions(TaskKind Kind = TaskKind.Classification, int? Shots = null, bool IsNormalized = true)
{
    /// <summary>The conditions of tasks of a shape: on images the network is taken for one that normalises, as conv4 does.</summary>
    public static MethodConditions Of(TaskShape tasks) =>
        new(
            tasks.Kind,
            tasks.Kind == TaskKind.Classification ? tasks.SupportCount / tasks.Outputs : tasks.SupportCount,
            tasks.InputShape.Count == 3
        );
}
