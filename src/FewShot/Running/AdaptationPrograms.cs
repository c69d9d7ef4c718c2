using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Methods;

namespace FewShot.Running;

/// <summary>
/// The programs of a learner that adapt to support sets and answer queries, with its weights and the workers that run them: shared by all
/// models that it adapted. So many programs are kept, the least recently used goes first. Thread-safe.
/// </summary>
/// <param name="definition">What the learner is: its method, its network and the kind of its tasks.</param>
/// <param name="graphs">Traces the programs of the learner.</param>
/// <param name="weights">What is the same for all tasks; all meta-parameters in their order, where it shall adapt.</param>
/// <param name="weightsHash">A hash that tells these weights from others; null where it is not known.</param>
internal sealed class AdaptationPrograms(
    LearnerDefinition definition,
    TaskPrograms graphs,
    IReadOnlyList<Weight> weights,
    Lazy<string?> weightsHash
) : IDisposable
{
    public const int DefaultCapacity = 32;

    private readonly WorkerPools _pools = new(DefaultCapacity);

    public LearnerDefinition Definition => definition;

    public TaskPrograms Graphs => graphs;

    public IReadOnlyList<Weight> Weights => weights;

    public string? WeightsHash => weightsHash.Value;

    public int Capacity
    {
        get => _pools.Capacity;
        set => _pools.Capacity = value;
    }

    public int Count => _pools.Count;

    /// <summary>Programs of their own for the same weights under other settings.</summary>
    public AdaptationPrograms Under(LearnerDefinition other) =>
        new(other, TaskPrograms.Of(other), weights, weightsHash) { Capacity = Capacity };

    /// <summary>
    /// Adapts to a support set of so many examples: inputs are the weights, the examples, their targets; outputs what adaptation changed.
    /// </summary>
    public WorkerPool Adaptation(int count, int outputs, int threads) =>
        _pools.Get(
            new WorkerPools.Key(null, count, outputs, threads),
            () => new WorkerPool(new SimdProgram(graphs.Adapt(count, outputs, changesOnly: true)), threads, worker => Load(worker, weights))
        );

    /// <summary>Answers so many queries at once: inputs are the weights that a task did not change, what it changed, the queries.</summary>
    public WorkerPool Prediction(TaskState state, int count, int threads) =>
        _pools.Get(
            new WorkerPools.Key(state.Form, count, 0, threads),
            () =>
            {
                Weight[] unchanged = [.. Unchanged(state)];
                return new WorkerPool(new SimdProgram(Answering(state, count)), threads, worker => Load(worker, unchanged));
            }
        );

    /// <summary>The shape of an answer to one query. Nothing is compiled.</summary>
    /// <exception cref="ArgumentException">The state is not one of this learner.</exception>
    /// <exception cref="KeyNotFoundException">It lacks a tensor.</exception>
    public Shape Answer(TaskState state) => Answering(state, 1).Outputs[0].Tensor.Shape;

    /// <summary>The weights that a task did not change.</summary>
    public IEnumerable<Weight> Unchanged(TaskState state) => weights.Where(weight => !state.Contains(weight.Name));

    public void Dispose() => _pools.Dispose();

    private Graph Answering(TaskState state, int count) =>
        graphs.Predict([.. Unchanged(state).Select(weight => (weight.Name, weight.Shape)), .. state.Entries], count);

    private static void Load(IWorker<float> worker, IReadOnlyList<Weight> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            values[i].Values.Span.CopyTo(worker.Input(i));
        }
    }
}

/// <summary>A tensor that all tasks of a learner share.</summary>
internal readonly record struct Weight(string Name, Shape Shape, ReadOnlyMemory<float> Values);
