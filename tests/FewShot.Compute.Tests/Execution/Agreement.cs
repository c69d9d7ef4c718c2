using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;
using Xunit;

namespace FewShot.Compute.Tests.Execution;

/// <summary>
/// Asserts that a graph gives the same numbers in float32, at every vector level and without generated code, as by its definition in
/// double.
/// </summary>
internal static class Agreement
{
    public static IEnumerable<SimdLevel> Levels => SimdLevels.Available;

    public static void Check(Graph graph, double tolerance = 2e-4, Action<int, Span<double>>? fill = null, int seed = 1)
    {
        // The graph as traced: so the simplifier is checked as well.
        using IWorker<double> expected = new ReferenceProgram(graph, simplify: false).CreateWorker();
        var random = new Random(seed);
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            if (fill is not null)
            {
                fill(i, expected.Input(i));
                continue;
            }

            foreach (ref double value in expected.Input(i))
            {
                // Exact in float32, so that comparisons and maxima choose alike.
                value = (float)((random.NextDouble() * 2) - 1);
            }
        }

        expected.Run();
        SimdProgram[] programs =
        [
            .. Levels.Select(level => new SimdProgram(graph, level)),
            // As in a process that may not generate code.
            new SimdProgram(graph, SimdLevels.Best, loops: false),
        ];
        foreach (SimdProgram program in programs)
        {
            string label = $"in {program.StepCount} steps of {program.Level}";
            Assert.Null(PlanValidator.FindFault(program.Plan));
            using IWorker<float> worker = program.CreateWorker();
            using var poisoned = new PoisoningWorker(program);
            foreach (IWorker<float> each in new[] { worker, poisoned })
            {
                Give(graph, expected, each);

                // Twice, because the second run starts in what the first left behind.
                each.Run();
                each.Run();
                for (int i = 0; i < graph.Outputs.Count; i++)
                {
                    Compare(graph.Outputs[i].Name, label, expected.Output(i), each.Output(i), tolerance);
                }
            }

            Assert.True(poisoned.TouchedBytes <= program.PeakBytes, $"{poisoned.TouchedBytes} bytes were written of {program.PeakBytes}");
        }
    }

    private static void Give(Graph graph, IWorker<double> from, IWorker<float> to)
    {
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            for (int j = 0; j < from.Input(i).Length; j++)
            {
                to.Input(i)[j] = (float)from.Input(i)[j];
            }
        }
    }

    private static void Compare(string name, string program, ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        double scale = 1e-3;
        foreach (double value in expected)
        {
            scale = Math.Max(scale, double.IsFinite(value) ? Math.Abs(value) : 0);
        }

        for (int j = 0; j < expected.Length; j++)
        {
            bool same = double.IsFinite(expected[j])
                ? Math.Abs(expected[j] - actual[j]) <= tolerance * scale
                : expected[j].Equals(actual[j]);
            Assert.True(same, $"{name}[{j}] {program}: {actual[j]:G9}, by definition {expected[j]:G9} (largest of the tensor {scale:G4})");
        }
    }
}
