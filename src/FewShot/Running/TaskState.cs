using FewShot.Compute.Graphs;
using FewShot.Storage;

namespace FewShot.Running;

/// <summary>
/// What adaptation to one task changed of a learner's weights, or made: with the weights it did not change, all that answers need.
/// Immutable.
/// </summary>
internal sealed class TaskState
{
    private static long s_latest;

    private readonly HashSet<string> _names;
    private readonly long _number = Interlocked.Increment(ref s_latest);

    public TaskState(IReadOnlyList<StoredTensor> tensors)
    {
        Tensors = tensors;
        _names = [.. tensors.Select(tensor => tensor.Name)];
        Entries = [.. tensors.Select(tensor => (tensor.Name, new Shape([.. tensor.Shape])))];
        Form = string.Join(';', Entries.Select(entry => $"{entry.Name} {entry.Shape}"));
    }

    public IReadOnlyList<StoredTensor> Tensors { get; }

    public IReadOnlyList<(string Name, Shape Shape)> Entries { get; }

    /// <summary>The names and shapes of the state's tensors: states of one form are answered by one program.</summary>
    public string Form { get; }

    public bool Contains(string name) => _names.Contains(name);

    /// <summary>
    /// Writes the state into a worker of <see cref="AdaptationPrograms.Prediction"/>, unless it is there from the last call.
    /// </summary>
    /// <returns>The index of the input after it.</returns>
    public int LoadInto(PooledWorker worker, int first)
    {
        if (worker.User != _number)
        {
            for (int i = 0; i < Tensors.Count; i++)
            {
                Tensors[i].Float32.CopyTo(worker.Worker.Input(first + i));
            }

            worker.User = _number;
        }

        return first + Tensors.Count;
    }
}
