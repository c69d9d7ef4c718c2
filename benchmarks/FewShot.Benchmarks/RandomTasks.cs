using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>Tasks of any shape with random inputs: what is timed does not depend on what the images show.</summary>
internal sealed class RandomTasks(TaskShape shape) : ITaskSource
{
    public string Name => "random";

    public string Description => "random inputs";

    public TaskShape Shape => shape;

    public bool HasSplit(Split split) => true;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        var random = new CounterRandom(seed, 0, (ulong)index);
        Fill(destination.SupportInputs, ref random);
        Fill(destination.QueryInputs, ref random);
        if (shape.Kind == TaskKind.Regression)
        {
            Fill(destination.SupportTargets, ref random);
            Fill(destination.QueryTargets, ref random);
        }
        else
        {
            destination.FillClassTargets();
        }
    }

    private static void Fill(float[] values, ref CounterRandom random)
    {
        foreach (ref float value in values.AsSpan())
        {
            value = random.NextSingle();
        }
    }
}
