using System.Numerics;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;
using Xunit;

namespace FewShot.Compute.Tests.Kit;

/// <summary>
/// What any executor must pass: the values of the definitions, within what rounding of every step can do; and the same values again.
/// </summary>
internal static class ExecutorKit
{
    public static IProgram<float> Simd(Graph graph) => new SimdProgram(graph);

    /// <summary>Compiles and compares; a failure shows the label, to find the seed by, and the graph.</summary>
    public static void Check<T>(Graph graph, IReadOnlyList<double[]> inputs, Func<Graph, IProgram<T>> compile, string label)
        where T : unmanaged, IFloatingPointIeee754<T> => Check(compile(graph), graph, inputs, RoundingBounds.Of<T>(graph, inputs), label);

    public static void Check<T>(IProgram<T> program, Graph graph, IReadOnlyList<double[]> inputs, RoundingBounds expected, string label)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Compare(program, inputs, expected) is { } fault)
        {
            Assert.Fail($"{label}: {fault}\n{GraphPrinter.Print(graph)}");
        }
    }

    /// <summary>The first way in which a program is wrong, or null.</summary>
    public static string? Compare<T>(IProgram<T> program, IReadOnlyList<double[]> inputs, RoundingBounds expected)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (program is SimdProgram simd && PlanValidator.FindFault(simd.Plan) is { } fault)
        {
            return fault;
        }

        using IWorker<T> worker = program.CreateWorker();

        // Other values first: what a run leaves behind must not reach the next.
        for (int i = 0; i < inputs.Count; i++)
        {
            worker.Input(i).Fill(T.CreateChecked(1));
        }

        worker.Run();
        T[][] first = Run(worker, inputs, expected.Values.Length);
        using IWorker<T> fresh = program.CreateWorker();
        T[][] second = Run(fresh, inputs, expected.Values.Length);
        for (int i = 0; i < expected.Values.Length; i++)
        {
            for (int j = 0; j < expected.Values[i].Length; j++)
            {
                (double value, double bound) = (expected.Values[i][j], expected.Bounds[i][j]);
                double found = double.CreateChecked(first[i][j]);
                if (!first[i][j].Equals(second[i][j]))
                {
                    return $"output {program.OutputNames[i]} [{j}]: {first[i][j]} after another run, {second[i][j]} in a new worker";
                }

                // NaN and infinities must be the same; a bound that is not finite is no bound.
                if (double.IsFinite(value) ? !(Math.Abs(found - value) <= bound) || !double.IsFinite(bound) : !found.Equals(value))
                {
                    return $"output {program.OutputNames[i]} [{j}]: {found:r}, by definition {value:r}, which rounding may move by "
                        + $"{bound:g3}";
                }
            }
        }

        return null;
    }

    private static T[][] Run<T>(IWorker<T> worker, IReadOnlyList<double[]> inputs, int outputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            Values.Write(worker, i, inputs[i]);
        }

        worker.Run();
        return [.. Enumerable.Range(0, outputs).Select(i => worker.Output(i).ToArray())];
    }
}
