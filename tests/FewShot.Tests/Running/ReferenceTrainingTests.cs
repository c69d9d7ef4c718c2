using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Data;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Running;

/// <summary>Whole trainings by the fast executor beside the same trainings by the definitions of the operations, in double.</summary>
public class ReferenceTrainingTests
{
    private const int MetaSteps = 20;
    private const int MetaBatch = 3;

    [Fact]
    public void An_mlp_learns_sinusoids_as_the_reference_does() =>
        Compare(new SinusoidTasks(new TaskOptions { Shots = 10, QueriesPerClass = 10 }), innerSteps: 2);

    [Fact]
    public void A_small_conv4_learns_images_as_the_reference_does() =>
        Compare(new BlobTasks(new TaskShape(TaskKind.Classification, [16, 16, 1], 3, 3, 6), noise: 1), innerSteps: 1);

    /// <summary>
    /// Both begin with the same weights, see the same tasks, and move by their own gradients: losses stay together, and go somewhere.
    /// </summary>
    private static void Compare(ITaskSource source, int innerSteps)
    {
        const double rate = 1e-3;
        TaskShape shape = source.Shape;
        TaskPrograms graphs = TaskPrograms.Of(
            new LearnerSpecification
            {
                Method = "maml",
                Kind = shape.Kind,
                InputShape = shape.InputShape,
                Outputs = shape.Outputs,
                InnerSteps = innerSteps,
                InnerRate = 0.05,
                Channels = 4,
                NormStatistics = NormStatistics.Query,
            }
        );
        ParameterSet fast = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), seed: 1);
        ParameterSet slow = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), seed: 1);
        float[] start = [.. fast.Values];
        Optimizer fastOptimizer = new OuterOptimizerOptions().Create(fast.Values.Length);
        Optimizer slowOptimizer = new OuterOptimizerOptions().Create(slow.Values.Length);
        using var step = new MetaStep(graphs, shape, new SimdProgram(graphs.Training(shape)), fast, MetaBatch, workers: 2);
        var reference = new ReferenceProgram(graphs.Training(shape));
        using IWorker<double> worker = reference.CreateWorker();
        for (int iteration = 0; iteration < MetaSteps; iteration++)
        {
            step.Run(source, seed: 1, iteration * MetaBatch);
            fastOptimizer.Update(fast.Values, step.Gradient, rate);
            double[] gradient = new double[slow.Values.Length];
            for (int task = 0; task < MetaBatch; task++)
            {
                double loss = RunReference((iteration * MetaBatch) + task, gradient);
                Assert.Equal(loss, step.Losses[task], 1e-4 * Math.Max(1, loss));
            }

            slowOptimizer.Update(slow.Values, [.. gradient.Select(value => (float)(value / MetaBatch))], rate);
        }

        double moved = Distance(fast.Values, start);
        Assert.True(moved > 0.1, $"the weights moved by {moved}");
        Assert.True(Distance(fast.Values, slow.Values) < 1e-2 * moved);

        double RunReference(long index, double[] gradient)
        {
            var episode = new Episode(shape);
            source.Sample(Split.Train, 1, index, episode);
            float[][] inputs =
            [
                .. slow.Specifications.Select(parameter => slow[parameter.Name].ToArray()),
                episode.SupportInputs,
                episode.SupportTargets,
                episode.QueryInputs,
                episode.QueryTargets,
            ];
            for (int i = 0; i < inputs.Length; i++)
            {
                Array.ConvertAll(inputs[i], value => (double)value).CopyTo(worker.Input(i));
            }

            worker.Run();
            int place = 0;
            foreach (ParameterSpecification parameter in slow.Specifications)
            {
                if (parameter.Trained)
                {
                    ReadOnlySpan<double> part = worker.Output(reference.OutputIndex(TaskPrograms.Gradient + parameter.Name));
                    for (int i = 0; i < part.Length; i++)
                    {
                        gradient[place + i] += part[i];
                    }
                }

                place += parameter.Shape.Count;
            }

            return worker.Output(reference.OutputIndex(TaskPrograms.Loss))[0];
        }
    }

    private static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b).Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
}
