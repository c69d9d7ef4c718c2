using System.Text;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Tests.Kit;

/// <summary>A graph as text, a node a line with the operation's parameters, to reproduce a failure from.</summary>
internal static class GraphPrinter
{
    public static string Print(Graph graph)
    {
        var text = new StringBuilder();
        foreach (Tensor node in graph.Nodes)
        {
            text.Append('%')
                .Append(node.Id)
                .Append(" = ")
                .Append(
                    node.Operation.ToString()
                        .Replace($"Name = {node.Operation.Name}, ", "")
                        .Replace($" {{ Name = {node.Operation.Name} }}", "")
                )
                .Append(" (")
                .AppendJoin(", ", node.Inputs.Select(input => $"%{input.Id}"))
                .Append(") ")
                .Append(node.Shape)
                .Append('\n');
        }

        foreach ((string name, Tensor tensor) in graph.Outputs)
        {
            text.Append("output ").Append(name).Append(" = %").Append(tensor.Id).Append('\n');
        }

        return text.ToString();
    }
}
