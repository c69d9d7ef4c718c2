using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification;

/// <summary>
/// Prepares a finished graph for running: copies what the outputs need and nothing else (dead code), applies every operation's identities again,
/// drops the markers that only differentiation reads, and rewrites operations into ones that share more work.
/// </summary>
internal static class Simplifier
{
    public static Graph Run(Graph graph)
    {
        bool[] needed = Needed(graph);
        var result = new Graph();
        var copies = new Tensor[graph.Nodes.Count];
        foreach (Tensor input in graph.Inputs)
        {
            copies[input.Id] = result.Input(((Input)input.Operation).Label, input.Shape);
        }

        foreach (Tensor node in graph.Nodes)
        {
            if (needed[node.Id] && copies[node.Id] is null)
            {
                using IDisposable scope = result.Scope(node.Scope);
                copies[node.Id] = Copy(result, node, [.. node.Inputs.Select(input => copies[input.Id])]);
            }
        }

        foreach ((string name, Tensor tensor) in graph.Outputs)
        {
            result.Output(name, copies[tensor.Id]);
        }

        return result;
    }

    private static Tensor Copy(Graph graph, Tensor node, IReadOnlyList<Tensor> inputs) => node.Operation switch
    {
        StopGradient or SegmentOutput => inputs[0],
        Variance variance => variance.Compose(inputs[0]),
        ConvolutionDataGradient { Stride: 1 } gradient when gradient.Padding < node.Inputs[1].Shape[0] && gradient.Padding < node.Inputs[1].Shape[1]
            && node.Inputs[1].Shape[0] == node.Inputs[1].Shape[1] =>
            graph.Apply(new Convolution(1, node.Inputs[1].Shape[0] - 1 - gradient.Padding), inputs[0], graph.Apply(new TurnWeights(), inputs[1])),
        _ => graph.Apply(node.Operation, inputs),
    };

    private static bool[] Needed(Graph graph)
    {
        var needed = new bool[graph.Nodes.Count];
        foreach ((_, Tensor tensor) in graph.Outputs)
        {
            needed[tensor.Id] = true;
        }

        for (int id = needed.Length - 1; id >= 0; id--)
        {
            if (needed[id])
            {
                foreach (Tensor input in graph.Nodes[id].Inputs)
                {
                    needed[input.Id] = true;
                }
            }
        }

        return needed;
    }
}
