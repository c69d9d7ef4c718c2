using FewShot.Compute.Graphs;
using FewShot.Compute.Simplification.Rules;

namespace FewShot.Compute.Simplification;

/// <summary>
/// Prepares a finished graph for running: copies what the outputs need and nothing else (dead code), applies every operation's identities
/// again, drops the markers that only differentiation reads, and rewrites operations into ones that share more work. Repeated until nothing
/// changes.
/// </summary>
internal static class Simplifier
{
    // Each pass lets the rules see what the one before made; they settle in three or four.
    private const int MaximumPasses = 12;

    private static readonly RewriteRule[] s_allRules =
    [
        DropMarkers.Apply,
        TurnDataGradients.Apply,
        FoldConstants.Apply,
        NarrowProducts.Apply,
        UnitTransposes.Apply,
        TransposeOnce.Apply,
        SinkBroadcasts.Apply,
        FactorBroadcasts.Apply,
        SplitSums.Apply,
        FactorSums.Apply,
    ];

    public static Graph Run(Graph graph)
    {
        for (int pass = 0; pass < MaximumPasses; pass++)
        {
            Graph next = Copy(graph, s_allRules);
            bool settled = Same(graph, next);
            graph = next;
            if (settled)
            {
                break;
            }
        }

        // Rules leave nodes behind that nobody uses.
        return Copy(graph, []);
    }

    private static Graph Copy(Graph graph, RewriteRule[] rules)
    {
        int[] uses = Uses(graph);
        bool[] isPartialSum = FactorSums.PartialSums(graph, uses);
        var result = new Graph();
        var copies = new Tensor[graph.Nodes.Count];
        foreach (Tensor input in graph.Inputs)
        {
            copies[input.Id] = result.Input(((Input)input.Operation).Label, input.Shape);
        }

        foreach (Tensor node in graph.Nodes)
        {
            if (uses[node.Id] == 0 || copies[node.Id] is not null)
            {
                continue;
            }

            using IDisposable scope = result.Scope(node.Scope);
            var rewrite = new Rewrite(result, node, [.. node.Inputs.Select(input => copies[input.Id])], copies, uses, isPartialSum);
            Tensor? found = null;
            foreach (RewriteRule rule in rules)
            {
                found ??= rule(rewrite);
            }

            copies[node.Id] = found ?? result.Apply(node.Operation, rewrite.Inputs);
        }

        foreach ((string name, Tensor tensor) in graph.Outputs)
        {
            result.Output(name, copies[tensor.Id]);
        }

        return result;
    }

    /// <summary>How many nodes and outputs that are needed read each node.</summary>
    private static int[] Uses(Graph graph)
    {
        int[] uses = new int[graph.Nodes.Count];
        foreach ((_, Tensor tensor) in graph.Outputs)
        {
            uses[tensor.Id]++;
        }

        for (int id = uses.Length - 1; id >= 0; id--)
        {
            if (uses[id] > 0)
            {
                foreach (Tensor input in graph.Nodes[id].Inputs)
                {
                    uses[input.Id]++;
                }
            }
        }

        return uses;
    }

    private static bool Same(Graph a, Graph b)
    {
        if (a.Nodes.Count != b.Nodes.Count)
        {
            return false;
        }

        for (int id = 0; id < a.Nodes.Count; id++)
        {
            (Tensor x, Tensor y) = (a.Nodes[id], b.Nodes[id]);
            if (!x.Operation.Equals(y.Operation) || !x.Inputs.Select(input => input.Id).SequenceEqual(y.Inputs.Select(input => input.Id)))
            {
                return false;
            }
        }

        return true;
    }
}
