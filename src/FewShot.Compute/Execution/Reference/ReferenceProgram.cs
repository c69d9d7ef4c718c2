using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;
using FewShot.Compute.Simplification;

namespace FewShot.Compute.Execution.Reference;

/// <summary>
/// Runs a graph in double by the definitions of its operations, one node after another: slow, and the measure of every other executor.
/// </summary>
public sealed class ReferenceProgram : IProgram<double>
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<Tensor> _order;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">The traced computation.</param>
    /// <param name="simplify">
    /// Whether the graph is simplified first; false to run every node that was traced, as the check of the simplifier.
    /// </param>
    public ReferenceProgram(Graph graph, bool simplify = true)
    {
        ArgumentNullException.ThrowIfNull(graph);
        _graph = simplify ? Simplifier.Run(graph) : graph;
        _order = [.. _graph.Nodes.Where(node => node.Operation is not Input && !Storage.IsView(node))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> InputNames => [.. _graph.Inputs.Select(input => ((Input)input.Operation).Label)];

    /// <inheritdoc/>
    public IReadOnlyList<string> OutputNames => [.. _graph.Outputs.Select(output => output.Name)];

    /// <summary>The bytes of all values together, for every value is kept.</summary>
    public long PeakBytes => _graph.Nodes.Where(node => !Storage.IsView(node)).Sum(node => (long)node.Shape.Count * sizeof(double));

    /// <inheritdoc/>
    public long MultiplyAdds => _order.Sum(node => node.Operation.MultiplyAdds(node));

    /// <inheritdoc/>
    public IWorker<double> CreateWorker() => new Worker(_graph, _order);

    private sealed unsafe class Worker : IWorker<double>
    {
        private readonly Graph _graph;
        private readonly IReadOnlyList<Tensor> _order;
        private readonly double[][] _values;

        public Worker(Graph graph, IReadOnlyList<Tensor> order)
        {
            _graph = graph;
            _order = order;
            _values = new double[graph.Nodes.Count][];
            foreach (Tensor node in graph.Nodes)
            {
                // Pinned, so that operands can be plain pointers.
                _values[node.Id] = Storage.IsView(node)
                    ? _values[Storage.Of(node).Id]
                    : GC.AllocateArray<double>(node.Shape.Count, pinned: true);
            }
        }

        public Span<double> Input(int index) => _values[_graph.Inputs[index].Id];

        public ReadOnlySpan<double> Output(int index) => _values[_graph.Outputs[index].Tensor.Id];

        public void Run()
        {
            double** operands = stackalloc double*[64];
            foreach (Tensor node in _order)
            {
                if (node.Inputs.Count > 64)
                {
                    throw new NotSupportedException($"{node.Operation.Name} has more than 64 inputs");
                }

                for (int i = 0; i < node.Inputs.Count; i++)
                {
                    fixed (double* values = _values[node.Inputs[i].Id])
                    {
                        operands[i] = values;
                    }
                }

                node.Operation.Evaluate(new Operands<double>(operands, node.Inputs), _values[node.Id].AsSpan());
            }
        }

        public void Dispose() { }
    }
}
