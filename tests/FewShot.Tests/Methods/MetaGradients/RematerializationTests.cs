using FewShot.Checking;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Methods.MetaGradients;

public class RematerializationTests
{
    private static readonly TaskShape s_shape = new(TaskKind.Classification, [16, 16, 1], 2, 2, 2);

    [Theory]
    [InlineData("maml", NormStatistics.Query, 0)]
    [InlineData("maml", NormStatistics.Support, 0)]
    [InlineData("maml", NormStatistics.Running, 0)]
    [InlineData("meta-sgd", NormStatistics.Query, 0, 1e-12)]
    // Where a parameter is read outside the steps as well, the parts of its gradient are added in another order.
    [InlineData("maml++", NormStatistics.Query, 1e-12)]
    [InlineData("boil", NormStatistics.Query, 1e-12)]
    [InlineData("itd-bio", NormStatistics.Query, 1e-12)]
    public void Recomputed_steps_give_the_same_bits(
        string row,
        NormStatistics statistics,
        double tolerance,
        double? toleranceTogether = null
    )
    {
        // Several steps of one segment that read the same step sizes add their parts before they meet those of other segments.
        TaskPrograms graphs = Graphs(row, 3, statistics);
        var problem = new MethodCheckProblem(graphs, s_shape, seed: 1);
        Dictionary<string, double[]> kept = Programs.Run(graphs.Training(s_shape), problem.Values);
        foreach (int segmentSteps in (int[])[1, 2, 3])
        {
            Dictionary<string, double[]> recomputed = Programs.Run(graphs.Training(s_shape, segmentSteps), problem.Values);
            double allowed = segmentSteps > 1 ? toleranceTogether ?? tolerance : tolerance;
            Assert.All(
                kept,
                pair => Assert.All(pair.Value.Zip(recomputed[pair.Key]), both => Assert.True(Math.Abs(both.First - both.Second) <= allowed))
            );
        }

        Assert.Contains(
            kept,
            pair => pair.Key.StartsWith(TaskPrograms.Gradient, StringComparison.Ordinal) && pair.Value.Any(value => value != 0)
        );
    }

    [Fact]
    public void Recomputed_steps_know_where_they_started()
    {
        Method method = Catalogue.Create("maml", new MethodOptions { InnerSteps = 3 });
        method = method with
        {
            Adaptation = (GradientDescent)method.Adaptation with { Regularization = new LowerRegularization.Proximal(2) },
        };
        TaskPrograms graphs = Graphs("maml", 3) with { Method = method };
        var problem = new MethodCheckProblem(graphs, s_shape, seed: 1);
        Dictionary<string, double[]> kept = Programs.Run(graphs.Training(s_shape), problem.Values);
        Dictionary<string, double[]> recomputed = Programs.Run(graphs.Training(s_shape, segmentSteps: 1), problem.Values);
        Assert.All(kept, pair => Assert.All(pair.Value.Zip(recomputed[pair.Key]), both => Assert.Equal(both.First, both.Second, 1e-12)));
    }

    [Fact]
    public void Memory_of_recomputed_steps_hardly_grows_with_their_number()
    {
        // What has to be kept of a step are its parameters, each tensor on cache lines of its own.
        long parameters = Graphs("maml", 1)
            .Model.Parameters.Where(parameter => parameter.Trained)
            .Sum(parameter => ((parameter.Shape.Count * 4) + 63) / 64 * 64);
        long Peak(int steps, int segmentSteps) => new SimdProgram(Graphs("maml", steps).Training(s_shape, segmentSteps)).PeakBytes;
        long kept = (Peak(8, 0) - Peak(2, 0)) / 6;
        long recomputed = (Peak(8, 1) - Peak(2, 1)) / 6;
        Assert.True(recomputed < 2 * parameters, $"{recomputed} bytes more a step, whose parameters have {parameters}");
        Assert.True(kept > 4 * parameters, $"{kept} bytes more a step when all is kept");
    }

    [Fact]
    public void Segments_of_several_steps_need_less_memory_where_there_are_many_steps()
    {
        // Segments of one step keep the parameters of every step; of longer ones all but the first are recomputed.
        var shape = new TaskShape(TaskKind.Regression, [1], 1, 10, 10);
        TaskPrograms graphs = new TaskPrograms(
            Catalogue.Create("maml", new MethodOptions { InnerSteps = 40 }),
            Networks.Mlp(new Shape(1), 1),
            TaskKind.Regression,
            NormStatistics.Query
        );
        RematerializationPlan least = RematerializationPlan.Least(graphs, shape);
        Graph single = graphs.Training(shape, segmentSteps: 1);
        long peakOfSingle = new SimdProgram(single).PeakBytes;
        Assert.True(
            least.SegmentSteps > 1 && least.PeakBytes < 0.8 * peakOfSingle,
            $"{least.PeakBytes} bytes in segments of {least.SegmentSteps} steps, {peakOfSingle} in segments of one"
        );

        var problem = new MethodCheckProblem(graphs, shape, seed: 1);
        Dictionary<string, double[]> expected = Programs.Run(single, problem.Values);
        Dictionary<string, double[]> together = Programs.Run(graphs.Training(shape, least.SegmentSteps), problem.Values);
        Assert.All(expected, pair => Assert.Equal(pair.Value, together[pair.Key]));
    }

    [Fact]
    public void The_memory_budget_chooses_and_refuses()
    {
        TaskPrograms graphs = Graphs("maml", 4);
        long kept = new SimdProgram(graphs.Training(s_shape)).PeakBytes;
        RematerializationPlan least = RematerializationPlan.Least(graphs, s_shape);
        Assert.True(least.Recomputes && least.PeakBytes < kept);
        Assert.All(new long?[] { null, kept }, budget => Chosen(0, budget));
        Assert.All(new long?[] { kept - 1, least.PeakBytes }, budget => Chosen(least.SegmentSteps, budget));
        string message = Assert.Throws<ArgumentException>(() => RematerializationPlan.Within(least.PeakBytes - 1, graphs, s_shape)).Message;
        Assert.Contains($"one task of maml needs {least.PeakBytes} bytes with the inner steps recomputed ({kept} with all kept)", message);
        Assert.Contains("raise TrainingOptions.MemoryBudget", message);

        void Chosen(int segmentSteps, long? budget)
        {
            RematerializationPlan choice = RematerializationPlan.Within(budget, graphs, s_shape);
            Assert.Equal(segmentSteps, choice.SegmentSteps);

            // The program handed on is that of the segments named.
            Assert.Equal(new SimdProgram(graphs.Training(s_shape, segmentSteps)).Dump(), choice.Program.Dump());
        }
    }

    [Fact]
    public void A_method_without_steps_to_recompute_is_refused_with_what_it_needs()
    {
        TaskPrograms graphs = new TaskPrograms(
            Catalogue.Create("protonet"),
            Networks.Conv4(new Shape(16, 16, 1), 0, channels: 2),
            TaskKind.Classification,
            NormStatistics.Query
        );
        long kept = new SimdProgram(graphs.Training(s_shape)).PeakBytes;
        Assert.Contains(
            $"one task of protonet needs {kept} bytes;",
            Assert.Throws<ArgumentException>(() => RematerializationPlan.Within(1000, graphs, s_shape)).Message
        );
    }

    private static TaskPrograms Graphs(string row, int steps, NormStatistics statistics = NormStatistics.Query) =>
        new(
            Catalogue.Create(row, new MethodOptions { InnerSteps = steps }),
            Networks.Conv4(new Shape(16, 16, 1), 2, channels: 2),
            TaskKind.Classification,
            statistics
        );
}
