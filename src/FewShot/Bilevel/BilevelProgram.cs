using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>
/// One traced piece of solving a bilevel problem, with memory to run it. Its inputs are all variables and data by name, then what else it
/// needs. An output of an input's name is the input's next value.
/// </summary>
internal sealed class BilevelProgram : IDisposable
{
    private readonly IWorker<float> _worker;
    private readonly (int Output, int Input)[] _turns;

    public BilevelProgram(BilevelProblem problem, IEnumerable<(string Name, Shape Shape)> more, Action<Graph, TensorMap> trace)
    {
        var graph = new Graph();
        IEnumerable<(string Name, Shape Shape)> inputs =
        [
            .. problem.UpperVariables.Concat(problem.LowerVariables).Select(variable => (variable.Name, variable.Shape)),
            .. problem.Data.Select(data => (data.Name, data.Shape)),
            .. more,
        ];
        trace(graph, new TensorMap([.. inputs.Select(input => KeyValuePair.Create(input.Name, graph.Input(input.Name, input.Shape)))]));
        Program = new SimdProgram(graph);
        _worker = Program.CreateWorker();
        _turns =
        [
            .. Program
                .OutputNames.Select((name, output) => (output, Program.InputNames.ToList().IndexOf(name)))
                .Where(turn => turn.Item2 >= 0),
        ];
        foreach (DataTensor data in problem.Data)
        {
            data.Values.CopyTo(this[data.Name]);
        }
    }

    public SimdProgram Program { get; }

    /// <summary>The values of an input, row-major, by its name.</summary>
    public Span<float> this[string name] => _worker.Input(Program.InputIndex(name));

    public ReadOnlySpan<float> Output(string name) => _worker.Output(Program.OutputIndex(name));

    public void Load(ParameterSet set)
    {
        foreach (ParameterSpecification variable in set.Specifications)
        {
            set[variable.Name].CopyTo(this[variable.Name]);
        }
    }

    public void Store(ParameterSet set)
    {
        foreach (ParameterSpecification variable in set.Specifications)
        {
            Output(variable.Name).CopyTo(set[variable.Name]);
        }
    }

    public void Run() => _worker.Run();

    /// <summary>Runs, and makes what comes out the next values of what goes in.</summary>
    public void Turn()
    {
        _worker.Run();
        foreach ((int output, int input) in _turns)
        {
            _worker.Output(output).CopyTo(_worker.Input(input));
        }
    }

    public void Dispose() => _worker.Dispose();
}
