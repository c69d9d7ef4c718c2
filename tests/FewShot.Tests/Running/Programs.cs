using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;

namespace FewShot.Tests.Running;

/// <summary>Runs and counts graphs for tests.</summary>
internal static class Programs
{
    private static readonly HashSet<string> s_convolutions = ["Convolution", "ConvolutionDataGradient", "ConvolutionWeightGradient"];

    /// <summary>All outputs in double, by name.</summary>
    public static Dictionary<string, double[]> Run(Graph graph, IReadOnlyDictionary<string, double[]> values)
    {
        var program = new ReferenceProgram(graph);
        using IWorker<double> worker = program.CreateWorker();
        for (int i = 0; i < program.InputNames.Count; i++)
        {
            values[program.InputNames[i]].CopyTo(worker.Input(i));
        }

        worker.Run();
        return Enumerable.Range(0, program.OutputNames.Count).ToDictionary(i => program.OutputNames[i], i => worker.Output(i).ToArray());
    }

    /// <summary>Nodes that some output needs.</summary>
    public static IReadOnlyCollection<Tensor> Needed(Graph graph)
    {
        var needed = new HashSet<Tensor>();
        var pending = new Stack<Tensor>(graph.Outputs.Select(output => output.Tensor));
        while (pending.TryPop(out Tensor? tensor))
        {
            if (needed.Add(tensor))
            {
                foreach (Tensor input in tensor.Inputs)
                {
                    pending.Push(input);
                }
            }
        }

        return needed;
    }

    /// <summary>How many of the three convolution maps a graph needs.</summary>
    public static int Convolutions(Graph graph) => Needed(graph).Count(tensor => s_convolutions.Contains(tensor.Operation.Name));
}
