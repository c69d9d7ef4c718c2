using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Differentiation;

public class RematerializedProgramTests
{
    [Fact]
    public void Second_order_gradient_through_a_checkpointed_step_equals_the_plain_one()
    {
        double[] plain = Run(false);
        double[] checkpointed = Run(true);
        Assert.Equal(plain, checkpointed);
        Assert.Contains(plain, value => Math.Abs(value) > 1e-6);

        static double[] Run(bool checkpoint)
        {
            var graph = new Graph();
            Tensor w = graph.Input("w", new Shape(3, 4));
            Tensor x = graph.Input("x", new Shape(5, 3));
            IReadOnlyList<Tensor> Step(IReadOnlyList<Tensor> p)
            {
                Tensor loss = x.MatrixMultiply(p[0]).Tanh().Square().Mean();
                return [p[0] - Differentiate.Gradients(loss, p[0])[0] * 0.5];
            }

            IReadOnlyList<Tensor> theta = [w];
            for (int k = 0; k < 3; k++)
            {
                theta = checkpoint ? Rematerialize.Run(Step, theta) : Step(theta);
            }

            graph.Output("g", Differentiate.Gradients((theta[0] * 0.3).Sigmoid().Sum(), w)[0]);
            var program = new ReferenceProgram(graph);
            using IWorker<double> worker = program.CreateWorker();
            var random = new Random(1);
            foreach (int i in new[] { 0, 1 })
            {
                foreach (ref double v in worker.Input(i))
                {
                    v = random.NextDouble() - 0.5;
                }
            }

            worker.Run();
            using IWorker<float> simd = new SimdProgram(graph).CreateWorker();
            for (int i = 0; i < 2; i++)
            {
                for (int j = 0; j < worker.Input(i).Length; j++)
                {
                    simd.Input(i)[j] = (float)worker.Input(i)[j];
                }
            }

            simd.Run();
            for (int j = 0; j < 12; j++)
            {
                Assert.Equal(worker.Output(0)[j], simd.Output(0)[j], 1e-5);
            }

            return worker.Output(0).ToArray();
        }
    }
}
