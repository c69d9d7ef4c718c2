using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Running;

public class MetaStepTests
{
    private static readonly TaskShape s_shape = new(TaskKind.Classification, [4], 3, 3, 6);

    [Theory]
    [InlineData("maml", NormStatistics.Query)]
    [InlineData("maml++", NormStatistics.Running)]
    [InlineData("protonet", NormStatistics.Support)]
    public void Results_are_the_same_bits_for_any_number_of_workers(string row, NormStatistics statistics)
    {
        (float[] gradient, float[] losses, float[] running) one = Run(1);
        Assert.Contains(one.gradient, value => value != 0);
        foreach (int workers in new[] { 2, 3 })
        {
            (float[] gradient, float[] losses, float[] running) more = Run(workers);
            Assert.Equal(one.gradient, more.gradient);
            Assert.Equal(one.losses, more.losses);
            Assert.Equal(one.running, more.running);
        }

        (float[], float[], float[]) Run(int workers)
        {
            using MetaStep step = Step(row, statistics, workers, out ParameterSet parameters);
            step.StepWeights.AsSpan().Fill(0.2f);
            for (int i = 0; i < 3; i++)
            {
                step.Run(new BlobTasks(s_shape), 1, i * 7);
                step.UpdateRunningStatistics(0.1f);
            }

            return (step.Gradient, step.Losses, parameters.Values);
        }
    }

    [Fact]
    public void The_gradient_is_the_mean_of_those_of_the_tasks()
    {
        using MetaStep batch = Step("maml", NormStatistics.Query, 1, out _);
        batch.Run(new BlobTasks(s_shape), 1, 0);
        using MetaStep single = Step("maml", NormStatistics.Query, 1, out _, metaBatch: 1);
        double[] mean = new double[batch.Gradient.Length];
        for (int task = 0; task < 7; task++)
        {
            single.Run(new BlobTasks(s_shape), 1, task);
            Assert.Equal(batch.Losses[task], single.Losses[0]);
            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] += single.Gradient[i] / 7.0;
            }
        }

        Assert.All(mean.Zip(batch.Gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void A_failing_task_ends_the_step_with_its_error_and_the_next_step_works()
    {
        using TaskThreads team = new TaskThreads(3);
        int[] done = new int[50];
        Assert.Equal(
            "task 7",
            Assert
                .Throws<InvalidOperationException>(() =>
                    team.Run(
                        50,
                        (_, task) =>
                        {
                            if (task == 7)
                            {
                                throw new InvalidOperationException("task 7");
                            }
                        }
                    )
                )
                .Message
        );
        team.Run(50, (_, task) => Interlocked.Increment(ref done[task]));
        Assert.All(done, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData("maml")]
    [InlineData("amfs-outer")]
    public void A_failing_task_does_not_hold_up_the_others(string row)
    {
        using MetaStep step = Step(row, NormStatistics.Query, 3, out _, metaBatch: 40);
        var source = new FailingTasks(new BlobTasks(s_shape), failing: 1);
        Assert.Equal("task 1", Assert.Throws<InvalidOperationException>(() => step.Run(source, 1, 0)).Message);
        step.Run(source, 1, 40);
        Assert.Contains(step.Gradient, value => value != 0);
    }

    private sealed class FailingTasks(ITaskSource source, long failing) : ITaskSource
    {
        public string Name => source.Name;

        public string Description => source.Description;

        public TaskShape Shape => source.Shape;

        public bool HasSplit(Split split) => source.HasSplit(split);

        public void Sample(Split split, ulong seed, long index, Episode destination)
        {
            if (index == failing)
            {
                throw new InvalidOperationException($"task {index}");
            }

            source.Sample(split, seed, index, destination);
        }
    }

    internal static MetaStep Step(string row, NormStatistics statistics, int workers, out ParameterSet parameters, int metaBatch = 7)
    {
        Method method = Catalogue.Create(row);
        var model = new Model(
            "small",
            new Shape(4),
            [("layer1", new Sequential(("linear", new Linear(6)), ("norm", new BatchNormalization()), ("relu", Activation.Relu)))],
            method.Adaptation.NeedsHead ? 3 : 0
        );
        parameters = ParameterSet.Initialize(method.MetaParameters(model), 1);
        TaskPrograms graphs = new TaskPrograms(method, model, TaskKind.Classification, statistics);
        return new MetaStep(graphs, s_shape, new SimdProgram(graphs.Training(s_shape)), parameters, metaBatch, workers);
    }
}
