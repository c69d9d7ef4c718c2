using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Tests.Kit;

/// <summary>Seeded values, and graphs run by the definitions.</summary>
internal static class Values
{
    /// <summary>Numbers a float holds exactly, between two bounds.</summary>
    public static double[] Uniform(Random random, int count, double low = -1, double high = 1)
    {
        double[] values = new double[count];
        foreach (ref double value in values.AsSpan())
        {
            value = (float)(low + ((high - low) * random.NextDouble()));
        }

        return values;
    }

    /// <summary>Whole numbers in [0, limit).</summary>
    public static double[] Whole(Random random, int count, int limit)
    {
        double[] values = new double[count];
        foreach (ref double value in values.AsSpan())
        {
            value = random.Next(limit);
        }

        return values;
    }

    public static Shape Shape(Random random, int rank, int most = 4)
    {
        int[] extents = new int[rank];
        foreach (ref int extent in extents.AsSpan())
        {
            extent = random.Next(1, most + 1);
        }

        return new Shape(extents);
    }

    public static void Write<T>(IWorker<T> worker, int input, ReadOnlySpan<double> values)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        Span<T> target = worker.Input(input);
        for (int i = 0; i < values.Length; i++)
        {
            target[i] = T.CreateChecked(values[i]);
        }
    }

    /// <summary>The outputs of a graph run by the definitions, in double.</summary>
    public static double[][] Run(Graph graph, IReadOnlyList<double[]> inputs, bool simplify = true)
    {
        using IWorker<double> worker = new ReferenceProgram(graph, simplify).CreateWorker();
        for (int i = 0; i < inputs.Count; i++)
        {
            Write(worker, i, inputs[i]);
        }

        worker.Run();
        return [.. Enumerable.Range(0, graph.Outputs.Count).Select(i => worker.Output(i).ToArray())];
    }

    /// <summary>The value of one traced tensor, from named inputs made here.</summary>
    public static double[] Of(Func<Graph, Tensor[], Tensor> trace, params (Shape Shape, double[] Values)[] inputs)
    {
        var graph = new Graph();
        Tensor[] tensors = [.. inputs.Select((input, i) => graph.Input($"x{i}", input.Shape))];
        graph.Output("y", trace(graph, tensors));
        return Run(graph, [.. inputs.Select(input => input.Values)], simplify: false)[0];
    }
}
