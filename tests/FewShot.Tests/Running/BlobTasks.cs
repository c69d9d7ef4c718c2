using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Tests.Running;

/// <summary>Classes that are random points with noise about them: the easiest tasks there are, of any input shape.</summary>
internal sealed class BlobTasks(TaskShape shape, double noise = 0.3) : ITaskSource
{
    public string Name => "blobs";

    public string Description => "random points with noise about them";

    public TaskShape Shape { get; } = shape;

    public bool HasSplit(Split split) => true;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        var random = new CounterRandom(seed, (uint)split + 77, (ulong)index);
        for (int way = 0; way < Shape.Ways; way++)
        {
            for (int feature = 0; feature < Shape.InputSize; feature++)
            {
                double centre = random.NextNormal();
                for (int shot = 0; shot < Shape.Shots; shot++)
                {
                    destination.SupportInput((way * Shape.Shots) + shot)[feature] = (float)(centre + (noise * random.NextNormal()));
                }

                for (int query = 0; query < Shape.QueriesPerClass; query++)
                {
                    destination.QueryInput((way * Shape.QueriesPerClass) + query)[feature] = (float)(
                        centre + (noise * random.NextNormal())
                    );
                }
            }
        }

        destination.FillClassTargets();
    }
}
