using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Running;

/// <summary>
/// What a method costs on tasks of a shape, known before anything is trained: the programs that training and adaptation would run for one
/// task.
/// </summary>
public sealed class MethodPlan
{
    private readonly TaskPrograms _graphs;
    private readonly TaskShape _shape;

    /// <summary>Compiles the programs of training and of adaptation.</summary>
    /// <param name="definition">What the learner is: its method, its network and the kind of its tasks.</param>
    /// <param name="shape">The sizes of the tasks.</param>
    /// <param name="memoryBudget">Peak bytes of one worker's arena in training, as in <c>TrainingOptions.MemoryBudget</c>.</param>
    /// <exception cref="ArgumentException">Parts do not fit together, or the budget cannot be met.</exception>
    public MethodPlan(LearnerDefinition definition, TaskShape shape, long? memoryBudget = null)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(shape);
        _graphs = TaskPrograms.Of(definition);
        _shape = shape;
        RematerializationPlan choice = RematerializationPlan.Within(memoryBudget, _graphs, shape);
        Checkpointed = choice.Recomputes;
        Training = choice.Program;
        Adaptation = new SimdProgram(_graphs.Adapt(shape.SupportCount, shape.Outputs));
        ParameterCount = _graphs.Method.MetaParameters(_graphs.Model).Sum(parameter => (long)parameter.Shape.Count);
    }

    /// <summary>The method that is planned.</summary>
    public Method Method => _graphs.Method;

    /// <summary>The network that is planned.</summary>
    public Model Model => _graphs.Model;

    /// <summary>The program of the loss and meta-gradient of one task: what a worker runs in training.</summary>
    public SimdProgram Training { get; }

    /// <summary>The program of adaptation to one task, no queries included: what runs where the examples are.</summary>
    public SimdProgram Adaptation { get; }

    /// <summary>
    /// Bytes kept of each recurring task from one visit to the next, besides the programs' memory: 0 without a warm start.
    /// </summary>
    public long TaskStateBytes => WarmStarts.BytesOf(Training);

    /// <summary>Whether training recomputes to save memory.</summary>
    public bool Checkpointed { get; }

    /// <summary>Numbers that are meta-learned or kept beside them.</summary>
    public long ParameterCount { get; }

    /// <summary>Runs one of the two programs once on made-up data and measures the bytes of the arena it used.</summary>
    /// <param name="program">Either <see cref="Training"/> or <see cref="Adaptation"/>.</param>
    /// <returns>The bytes up to the end of the last one written.</returns>
    public long MeasurePeakBytes(SimdProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.MeasurePeakBytes(worker => Fill(program, worker));
    }

    /// <summary>
    /// Measures where the time of one of the two programs goes: runs it on made-up data on this thread for <paramref name="duration"/>, at
    /// least once beyond the runs that warm the runtime up, and gives each step the time of its fastest run.
    /// </summary>
    /// <param name="program">Either <see cref="Training"/> or <see cref="Adaptation"/>.</param>
    /// <param name="duration">How long to measure.</param>
    /// <returns>The steps in the order in which they run.</returns>
    public IReadOnlyList<StepTime> Profile(SimdProgram program, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        using ProfilingWorker worker = program.CreateProfilingWorker();
        Fill(program, worker);

        // The runtime compiles a method anew once it has been called thirty times.
        const int warmUpRuns = 2;
        for (int i = 0; i < warmUpRuns; i++)
        {
            worker.Run();
        }

        worker.Reset();
        long start = Stopwatch.GetTimestamp();
        do
        {
            worker.Run();
        } while (Stopwatch.GetElapsedTime(start) < duration);
        return worker.Steps;
    }

    private void Fill(SimdProgram program, IWorker<float> worker)
    {
        ParameterSet parameters = ParameterSet.Initialize(_graphs.Method.MetaParameters(_graphs.Model), seed: 1);
        WorkerInputs.Load(worker, parameters);
        var random = new CounterRandom(seed: 1, stream: 0, index: 0);
        for (int input = parameters.Specifications.Count; input < program.InputNames.Count; input++)
        {
            Span<float> values = worker.Input(input);
            bool targets = program.InputNames[input] is TaskPrograms.SupportTargets or TaskPrograms.QueryTargets;
            for (int i = 0; i < values.Length; i++)
            {
                // One-hot rows, the classes in turn; everything else is noise.
                values[i] =
                    targets && _shape.Kind == TaskKind.Classification
                        ? i % _shape.Outputs == i / _shape.Outputs % _shape.Outputs
                            ? 1
                            : 0
                        : (float)random.NextNormal();
            }
        }
    }
}
