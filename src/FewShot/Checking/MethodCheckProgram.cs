using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;

namespace FewShot.Checking;

/// <summary>
/// A graph run in double that also says on which branch of each kink it ran: which relus were open, which entries the max-poolings chose.
/// Two runs on the same branches lie on one smooth piece of the function.
/// </summary>
internal sealed class MethodCheckProgram : IDisposable
{
    private readonly ReferenceProgram _program;
    private readonly IWorker<double> _worker;
    private readonly int _results;

    public MethodCheckProgram(Graph graph, IReadOnlyDictionary<string, double[]> values)
    {
        _results = graph.Outputs.Count;
        foreach (Tensor branch in SmoothPieces.Of(graph))
        {
            graph.Output($"branch {graph.Outputs.Count}", branch);
        }

        _program = new ReferenceProgram(graph);
        _worker = _program.CreateWorker();
        for (int i = 0; i < _program.InputNames.Count; i++)
        {
            values[_program.InputNames[i]].CopyTo(_worker.Input(i));
        }
    }

    public Span<double> Input(string name) => _worker.Input(_program.InputIndex(name));

    public ReadOnlySpan<double> Output(string name) => _worker.Output(_program.OutputIndex(name));

    /// <summary>Runs the graph; the result is a fingerprint of the branches.</summary>
    public ulong Run()
    {
        _worker.Run();
        ulong fingerprint = 14695981039346656037;
        for (int i = _results; i < _program.OutputNames.Count; i++)
        {
            foreach (double value in _worker.Output(i))
            {
                fingerprint = (fingerprint ^ BitConverter.DoubleToUInt64Bits(value)) * 1099511628211;
            }
        }

        return fingerprint;
    }

    public void Dispose() => _worker.Dispose();
}
