using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Simd;
using FewShot.Learning;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Tasks.Data;
using FewShot.Tests.Tasks;
using Xunit;

namespace FewShot.Tests.MetaGradients;

/// <summary>Differences of gradients on a network with kinks, in the single precision of training.</summary>
public class HessianFreeTests
{
    [Theory]
    [InlineData(1, NormStatistics.Support)]
    [InlineData(5, NormStatistics.Support)]
    [InlineData(1, NormStatistics.Query)]
    [InlineData(5, NormStatistics.Query)]
    public void At_first_weights_of_conv4_differences_are_far_nearer_to_the_exact_meta_gradient_than_first_order_is(int shots, NormStatistics statistics)
    {
        var source = new ImageTasks(GlyphClasses.Dataset(), new TaskOptions { Ways = 2, Shots = shots, QueriesPerClass = 2 });
        double[] exact = Gradient("maml", source, statistics);
        double differences = Distance(Gradient("hf-maml", source, statistics), exact);
        double firstOrder = Distance(Gradient("fomaml", source, statistics), exact);
        Assert.True(differences < 0.3 * firstOrder, $"{differences} and {firstOrder} of the exact meta-gradient's length");
    }

    private static double[] Gradient(string method, ImageTasks source, NormStatistics statistics)
    {
        TaskGraphs graphs = TaskGraphs.Of(new LearnerSpecification
        {
            Method = method, InputShape = source.Shape.InputShape, Outputs = source.Shape.Outputs, Channels = 16, NormStatistics = statistics,
        });
        var parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 1);
        var episode = new Episode(source.Shape);
        source.Sample(Split.Train, 1, 0, episode);
        SimdProgram program = new SimdProgram(graphs.Training(source.Shape));
        using IWorker<float> worker = program.CreateWorker();
        foreach (ParameterSpecification parameter in parameters.Specifications.Where(parameter => program.InputNames.Contains(parameter.Name)))
        {
            parameters[parameter.Name].CopyTo(worker.Input(program.InputIndex(parameter.Name)));
        }

        episode.SupportInputs.CopyTo(worker.Input(program.InputIndex(TaskGraphs.SupportInputs)));
        episode.SupportTargets.CopyTo(worker.Input(program.InputIndex(TaskGraphs.SupportTargets)));
        episode.QueryInputs.CopyTo(worker.Input(program.InputIndex(TaskGraphs.QueryInputs)));
        episode.QueryTargets.CopyTo(worker.Input(program.InputIndex(TaskGraphs.QueryTargets)));
        worker.Run();
        var gradient = new List<double>();
        foreach (ParameterSpecification parameter in parameters.Specifications.Where(parameter => parameter.Trained))
        {
            gradient.AddRange(worker.Output(program.OutputIndex(TaskGraphs.Gradient + parameter.Name)).ToArray().Select(value => (double)value));
        }

        return [.. gradient];
    }

    private static double Distance(double[] found, double[] right) =>
        Math.Sqrt(found.Zip(right, (a, b) => (a - b) * (a - b)).Sum() / right.Sum(b => b * b));
}
