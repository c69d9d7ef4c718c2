using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Kit;

/// <summary>An argument of a traced function under test: its shape, its values, and whether derivatives by it are checked.</summary>
internal sealed record Argument(Shape Shape, double[] Values, bool Differentiable = true);

/// <summary>What a check by differences did: skipped are the places where a difference crosses a kink.</summary>
internal readonly record struct Differences(int Checked, int Skipped);

/// <summary>Compares derivatives with central differences, in double and by the definitions.</summary>
internal static class DerivativeKit
{
    private const double Step = 1e-4;
    private const double Tolerance = 1e-6;

    /// <summary>
    /// Checks the gradient of ⟨function, fixed⟩ (order 1) and, of second order, the gradient of ⟨that gradient, fixed⟩, with respect to
    /// every differentiable argument and the cotangent.
    /// </summary>
    public static Differences Check(Func<Graph, Tensor[], Tensor> function, IReadOnlyList<Argument> arguments, int order, Random random)
    {
        var graph = new Graph();
        var values = new List<double[]>();
        Tensor Given(Shape shape, double[] given)
        {
            values.Add(given);
            return graph.Input($"x{values.Count}", shape);
        }

        Tensor[] tensors = [.. arguments.Select(argument => Given(argument.Shape, argument.Values))];
        List<Tensor> variables = [.. tensors.Where((_, i) => arguments[i].Differentiable)];
        Tensor result = function(graph, tensors);
        Tensor scalar = result;
        if (result.Shape.Count != 1)
        {
            Tensor cotangent = Given(result.Shape, Values.Uniform(random, result.Shape.Count));
            variables.Add(cotangent);
            scalar = result.Dot(cotangent);
        }

        for (int i = 1; i < order; i++)
        {
            IReadOnlyList<Tensor> inner = Differentiate.Gradients(scalar, variables);
            scalar = graph.Fill(0, Shape.Scalar);
            foreach (Tensor gradient in inner)
            {
                scalar += gradient.Dot(Given(gradient.Shape, Values.Uniform(random, gradient.Shape.Count)));
            }
        }

        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(scalar, variables);
        graph.Output("scalar", scalar);
        for (int i = 0; i < gradients.Count; i++)
        {
            graph.Output($"gradient {i}", gradients[i]);
        }

        return Compare(graph, values, variables);
    }

    private static Differences Compare(Graph graph, List<double[]> values, List<Tensor> variables)
    {
        using IWorker<double> worker = new ReferenceProgram(graph).CreateWorker();
        for (int i = 0; i < values.Count; i++)
        {
            Values.Write(worker, i, values[i]);
        }

        worker.Run();
        double[][] gradients = [.. variables.Select((_, i) => worker.Output(i + 1).ToArray())];
        double scale = Math.Max(1e-2, gradients.Max(gradient => gradient.Max(Math.Abs)));
        int done = 0;
        int skipped = 0;
        for (int v = 0; v < variables.Count; v++)
        {
            int input = graph.Inputs.ToList().IndexOf(variables[v]);
            for (int i = 0; i < gradients[v].Length; i++)
            {
                double coarse = Difference(worker, input, i, Step);
                double fine = Difference(worker, input, i, Step / 2);

                // Smooth, the two differ by O(step²); across a kink by much more. Extrapolated, they leave O(step⁴).
                if (Math.Abs(coarse - fine) > 1e-4 * scale)
                {
                    skipped++;
                    continue;
                }

                done++;
                double expected = ((4 * fine) - coarse) / 3;
                Assert.True(
                    Math.Abs(expected - gradients[v][i]) <= Tolerance * scale,
                    $"d/d{variables[v]} [{i}]: derivative {gradients[v][i]:r}, difference {expected:r}\n{GraphPrinter.Print(graph)}"
                );
            }
        }

        return new Differences(done, skipped);
    }

    private static double Difference(IWorker<double> worker, int input, int place, double step)
    {
        double centre = worker.Input(input)[place];
        worker.Input(input)[place] = centre + step;
        worker.Run();
        double above = worker.Output(0)[0];
        worker.Input(input)[place] = centre - step;
        worker.Run();
        double below = worker.Output(0)[0];
        worker.Input(input)[place] = centre;
        return (above - below) / (2 * step);
    }
}
