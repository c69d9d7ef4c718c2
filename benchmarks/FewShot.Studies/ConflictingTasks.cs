using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Studies;

/// <summary>
/// A source in which a share of the training tasks contradict themselves: their queries demand the opposite of what their support set
/// shows, negated values or the next class. Validation and test tasks are left as they are.
/// </summary>
/// <param name="tasks">Where tasks come from.</param>
/// <param name="share">Share of contradicting tasks, from 0 to 1.</param>
internal sealed class ConflictingTasks(ITaskSource tasks, double share) : ITaskSource
{
    public string Name => $"{tasks.Name}, {share:P0} in conflict";

    public string Description => $"{tasks.Description} The queries of some training tasks contradict their support sets.";

    public TaskShape Shape => tasks.Shape;

    public bool HasSplit(Split split) => tasks.HasSplit(split);

    public bool Conflicts(Split split, ulong seed, long index) =>
        split == Split.Train && new CounterRandom(seed, 0x434f4e46, (ulong)index).NextDouble() < share;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        tasks.Sample(split, seed, index, destination);
        if (!Conflicts(split, seed, index))
        {
            return;
        }

        float[] targets = destination.QueryTargets;
        if (Shape.Kind == TaskKind.Regression)
        {
            for (int i = 0; i < targets.Length; i++)
            {
                targets[i] = -targets[i];
            }

            return;
        }

        Array.Clear(targets);
        for (int i = 0; i < destination.QueryLabels.Length; i++)
        {
            destination.QueryLabels[i] = (destination.QueryLabels[i] + 1) % Shape.Ways;
            targets[(i * Shape.Ways) + destination.QueryLabels[i]] = 1;
        }
    }
}
