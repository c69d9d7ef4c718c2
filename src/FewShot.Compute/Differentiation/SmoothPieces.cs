using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Differentiation;

/// <summary>
/// Where a function lies among its smooth pieces: which relus are open, which entries max-poolings choose. Central differences are those of
/// a derivative only between points on one piece.
/// </summary>
public static class SmoothPieces
{
    /// <summary>
    /// Tensors of the graph whose values tell on which smooth piece the outputs are: equal values, same piece. They are added to the graph,
    /// but are not outputs.
    /// </summary>
    /// <param name="graph">A graph whose outputs are the function.</param>
    /// <returns>The tensors; none for a function that is smooth.</returns>
    public static IReadOnlyList<Tensor> Of(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);

        // What lies behind a StopGradient alone, such as the maximum that keeps a softmax from overflowing, does not shape the derivative.
        var reached = new HashSet<Tensor>();
        var pending = new Stack<Tensor>(graph.Outputs.Select(output => output.Tensor));
        while (pending.TryPop(out Tensor? tensor))
        {
            if (reached.Add(tensor) && tensor.Operation is not StopGradient)
            {
                foreach (Tensor input in tensor.Inputs)
                {
                    pending.Push(input);
                }
            }
        }

        var pieces = new HashSet<Tensor>();
        foreach (Tensor node in reached.OrderBy(node => node.Id).ToArray())
        {
            switch (node.Operation.Smoothness)
            {
                case Smoothness.PiecewiseConstant:
                    pieces.Add(node);
                    break;
                case Smoothness.Kinked:
                    pieces.UnionWith(
                        Differentiate.VectorJacobianProduct(
                            [node],
                            [graph.Fill(1, node.Shape)],
                            [.. node.Inputs.Distinct().Where(input => input.Operation is not (Fill or Constant))]
                        )
                    );
                    break;
                default:
                    break;
            }
        }

        return [.. pieces];
    }
}
