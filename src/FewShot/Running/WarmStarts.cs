using FewShot.Compute.Execution;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Running;

/// <summary>
/// What is kept of each of a fixed set of tasks from one visit to the next. Different tasks may be used by different threads at the same
/// time.
/// </summary>
internal sealed class WarmStarts
{
    private const string Visited = "visited";

    private readonly (int Input, int Output, string? First, float[] Values)[] _parts;
    private readonly float[] _visited;
    private readonly ParameterSet _parameters;

    /// <summary>Takes memory for the state of all tasks.</summary>
    /// <exception cref="ArgumentException">The state of all tasks is larger than one array.</exception>
    public WarmStarts(SimdProgram program, MetaGradient gradient, ParameterSet parameters, int tasks)
    {
        _parameters = parameters;
        _visited = new float[tasks];
        _parts =
        [
            .. Outputs(program)
                .Select(index =>
                    (
                        program.InputIndex(program.OutputNames[index]),
                        index,
                        gradient.FirstState(program.OutputNames[index][MetaGradientTrace.StatePrefix.Length..]),
                        new float[Length(program.OutputShapes[index].Count, tasks)]
                    )
                ),
        ];
        State =
        [
            (MetaGradientTrace.StatePrefix + Visited, _visited),
            .. _parts.Select(part => (program.OutputNames[part.Output], part.Values)),
        ];
    }

    /// <summary>All that is kept, by name, for a checkpoint.</summary>
    public IReadOnlyList<(string Name, float[] Values)> State { get; }

    /// <summary>The bytes kept of one task.</summary>
    public static long BytesOf(SimdProgram program) =>
        Outputs(program).Sum(index => (long)program.OutputShapes[index].Count * sizeof(float));

    /// <summary>Gives a program what is kept of a task: at the first visit the meta-parameters' values or zero.</summary>
    public void Recall(IWorker<float> worker, int task)
    {
        foreach ((int input, _, string? first, float[] values) in _parts)
        {
            Span<float> destination = worker.Input(input);
            if (_visited[task] != 0)
            {
                values.AsSpan(task * destination.Length, destination.Length).CopyTo(destination);
            }
            else if (first is not null)
            {
                _parameters[first].CopyTo(destination);
            }
            else
            {
                destination.Clear();
            }
        }
    }

    /// <summary>Keeps what a program says of a task.</summary>
    public void Keep(IWorker<float> worker, int task)
    {
        foreach ((_, int output, _, float[] values) in _parts)
        {
            ReadOnlySpan<float> source = worker.Output(output);
            source.CopyTo(values.AsSpan(task * source.Length));
        }

        _visited[task] = 1;
    }

    private static IEnumerable<int> Outputs(SimdProgram program) =>
        Enumerable
            .Range(0, program.OutputNames.Count)
            .Where(index => program.OutputNames[index].StartsWith(MetaGradientTrace.StatePrefix, StringComparison.Ordinal));

    private static int Length(int count, int tasks) =>
        (long)count * tasks <= Array.MaxLength
            ? count * tasks
            : throw new ArgumentException(
                $"what a warm start keeps of {tasks} tasks ({(long)count * tasks} numbers of one parameter) does not fit in memory; "
                    + "lower TrainingOptions.Tasks"
            );
}
