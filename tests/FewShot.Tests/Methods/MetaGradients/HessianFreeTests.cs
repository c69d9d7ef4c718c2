using FewShot.Compute.Execution;
using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Methods.MetaGradients;

/// <summary>Differences of gradients on a network with kinks, in the single precision of training.</summary>
public class HessianFreeTests
{
    [Theory]
    [InlineData(1, NormStatistics.Support)]
    [InlineData(5, NormStatistics.Support)]
    [InlineData(1, NormStatistics.Query)]
    [InlineData(5, NormStatistics.Query)]
    public void At_first_weights_of_conv4_differences_are_far_nearer_to_the_exact_meta_gradient_than_first_order_is(
        int shots,
        NormStatistics statistics
    )
    {
        var source = new ImageTasks(
            GlyphClasses.Dataset(),
            new TaskOptions
            {
                Ways = 2,
                Shots = shots,
                QueriesPerClass = 2,
            }
        );
        double[] exact = Gradient("maml", source, statistics);
        double differences = Distance(Gradient("hf-maml", source, statistics), exact);
        double firstOrder = Distance(Gradient("fomaml", source, statistics), exact);
        Assert.True(differences < 0.3 * firstOrder, $"{differences} and {firstOrder} of the exact meta-gradient's length");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Through_conv4_64_no_seed_is_farther_than_first_order_and_the_mean_is_nearer(int shots)
    {
        var source = new ImageTasks(
            GlyphClasses.Dataset(),
            new TaskOptions
            {
                Ways = 5,
                Shots = shots,
                QueriesPerClass = 3,
            }
        );
        double differences = 0;
        double firstOrder = 0;
        for (ulong seed = 1; seed <= 5; seed++)
        {
            double[] exact = Gradient("maml", source, NormStatistics.Support, 64, seed);
            double distance = Distance(Gradient("hf-maml", source, NormStatistics.Support, 64, seed), exact);
            double first = Distance(Gradient("fomaml", source, NormStatistics.Support, 64, seed), exact);
            Assert.True(distance < 1.05 * first, $"seed {seed}: {distance} and {first} of the exact meta-gradient's length");
            (differences, firstOrder) = (differences + distance, firstOrder + first);
        }

        Assert.True(differences < 0.7 * firstOrder, $"{differences / 5} and {firstOrder / 5} of the exact meta-gradient's length");
    }

    private static double[] Gradient(string method, ImageTasks source, NormStatistics statistics, int channels = 16, ulong seed = 1)
    {
        TaskPrograms graphs = TaskPrograms.Of(
            new LearnerSpecification
            {
                Method = method,
                InputShape = source.Shape.InputShape,
                Outputs = source.Shape.Outputs,
                Channels = channels,
                NormStatistics = statistics,
            }
        );
        var parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), seed);
        using var step = new MetaStep(
            graphs,
            source.Shape,
            new SimdProgram(graphs.Training(source.Shape)),
            parameters,
            metaBatch: 1,
            workers: 1
        );
        step.Run(source, seed, 0);
        return Array.ConvertAll(step.Gradient, value => (double)value);
    }

    private static double Distance(double[] found, double[] right) =>
        Math.Sqrt(found.Zip(right, (a, b) => (a - b) * (a - b)).Sum() / right.Sum(b => b * b));
}
