using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Running;

/// <summary>Alone, since the memory that other tests allocate would be counted.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    private static readonly BlobTasks s_source = new(new TaskShape(TaskKind.Classification, [4], 3, 3, 6));

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_meta_step_allocates_nothing(int workers)
    {
        using MetaStep step = MetaStepTests.Step("maml++", NormStatistics.Running, workers, out _);
        step.StepWeights.AsSpan().Fill(0.2f);
        Steps(40);

        // The least of several, for the runtime and the runner of the tests allocate now and then.
        (long own, long total) = (long.MaxValue, long.MaxValue);
        for (int i = 0; i < 5; i++)
        {
            long ownBefore = GC.GetAllocatedBytesForCurrentThread();
            long totalBefore = GC.GetTotalAllocatedBytes(precise: true);
            Steps(20);
            total = Math.Min(total, GC.GetTotalAllocatedBytes(precise: true) - totalBefore);
            own = Math.Min(own, GC.GetAllocatedBytesForCurrentThread() - ownBefore);
        }

        Assert.Equal(0, own);
        Assert.Equal(0, total);

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                step.Run(s_source, 1, i);
                step.UpdateRunningStatistics(0.1f);
            }
        }
    }

    [Fact]
    public void Training_allocates_nothing_between_validations()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml++",
            Network = "mlp",
            InputShape = [4],
            Outputs = 3,
            Hidden = [8],
            InnerSteps = 2,
        };
        using TrainingLoop trainer = new TrainingLoop(
            specification,
            s_source,
            new TrainingOptions
            {
                MetaBatch = 3,
                Iterations = 400,
                ValidateEvery = 1000,
                ValidationEpisodes = 5,
            },
            workers: 2
        );
        long[] allocated = new long[401];
        trainer.Run(progress: progress => allocated[progress.Iteration] = GC.GetTotalAllocatedBytes(precise: true));
        Assert.Equal(0, Enumerable.Range(0, 10).Min(i => allocated[190 + (20 * i)] - allocated[170 + (20 * i)]));
    }
}
