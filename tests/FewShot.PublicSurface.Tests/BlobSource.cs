using FewShot.Compute.Numerics;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.PublicSurface.Tests;

/// <summary>A stranger's source: classification, no images, options of every form that a command line has to pass on.</summary>
public sealed class BlobSource : TaskSourceDescriptor
{
    public static SourceOption<int> Spread { get; } =
        SourceOption.Whole("blob-spread", "Tenths that 'blobs' spread over. [default: 2]", 1, 2);

    public static SourceOption<string?> Word { get; } =
        SourceOption.Text("blob-word", "WORD", "What the classes of 'blobs' begin with. [default: blob]");

    public override string Name => "blobs";

    public override string Summary => "points about random centres";

    public override IReadOnlyList<SourceOption> Options => [Spread, Word];

    public override SourceData Open(string? root, SourceSettings settings) =>
        new(options => new BlobTasks(options, settings.Get(Spread) / 10.0, settings.Get(Word) ?? "blob"));
}

/// <summary>Classes are points of three numbers about centres of their own.</summary>
internal sealed class BlobTasks(TaskOptions options, double spread, string word) : ITaskSource
{
    public string Name => "blobs";

    public string Description => "Points about random centres.";

    public TaskShape Shape { get; } = options.Classification(3);

    public InputPreparation Preparation { get; } = new TablePreparation(["x", "y", "z"], [0, 0, 0], [1, 1, 1], "class", 0, 1);

    public bool HasSplit(Split split) => true;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        destination.RequireShape(Shape);
        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        Span<double> center = stackalloc double[3];
        for (int label = 0; label < Shape.Ways; label++)
        {
            destination.ClassNames![label] = $"{word}{label}";
            for (int axis = 0; axis < 3; axis++)
            {
                center[axis] = random.NextNormal();
            }

            for (int i = 0; i < Shape.Shots + Shape.QueriesPerClass; i++)
            {
                Span<float> point =
                    i < Shape.Shots
                        ? destination.SupportInput((label * Shape.Shots) + i)
                        : destination.QueryInput((label * Shape.QueriesPerClass) + i - Shape.Shots);
                for (int axis = 0; axis < 3; axis++)
                {
                    point[axis] = (float)(center[axis] + (spread * random.NextNormal()));
                }
            }
        }

        destination.FillClassTargets();
    }
}
