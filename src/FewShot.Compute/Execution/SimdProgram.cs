using System.Runtime.CompilerServices;
using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Execution.Parallel;
using FewShot.Compute.Execution.Steps;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;
using FewShot.Compute.Simplification;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution;

/// <summary>
/// A graph compiled for one task: simplified, fused, laid out in one arena, and run in float32 by vector kernels. Immutable and
/// thread-safe.
/// </summary>
public sealed class SimdProgram : IProgram<float>
{
    private readonly Graph _graph;

    /// <summary>The least work of a run that may be worth sharing, in multiply-adds; about a millisecond on one core.</summary>
    private const long WorthSharing = 200_000_000;

    private readonly ArenaPlan _plan;
    private readonly StepKernel[] _kernels;

    /// <summary>Compiles a graph for the widest vectors the machine has.</summary>
    /// <param name="graph">The traced computation.</param>
    public SimdProgram(Graph graph)
        : this(graph, SimdLevels.Best) { }

    /// <summary>Compiles a graph for the vectors of a level.</summary>
    /// <param name="graph">The computation that was traced.</param>
    /// <param name="level">The vectors it is compiled for.</param>
    /// <param name="shareWork">The least work that is worth a thread's joining in.</param>
    /// <param name="loops">
    /// Whether element-wise work is fused into generated code; by default wherever the process may generate code. Elsewhere each operation
    /// is a step of its own, by its definition where it has no kernel.
    /// </param>
    internal SimdProgram(Graph graph, SimdLevel level, long shareWork = StepKernels.WorthAThread, bool? loops = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Level = level;
        _graph = Simplifier.Run(graph);
        FusionRules rules = loops ?? RuntimeFeature.IsDynamicCodeSupported ? new FusionRules(ElementWiseTable.Cost) : FusionRules.None;
        IReadOnlyList<Step> steps = Fusion.Cover(_graph, rules);
        var kernels = new StepKernels(level, shareWork);
        _kernels = [.. steps.Select(kernels.For)];
        _plan = ArenaPlan.Create(
            _graph,
            steps,
            sizeof(float),
            step => _kernels[step].ScratchBytes,
            (step, input, output) => _kernels[step].InPlace(input, output)
        );
        InputNames = [.. _graph.Inputs.Select(input => ((Input)input.Operation).Label)];
        OutputNames = [.. _graph.Outputs.Select(output => output.Name)];
        OutputShapes = [.. _graph.Outputs.Select(output => output.Tensor.Shape)];
        MultiplyAdds = _graph.Nodes.Sum(node => node.Operation.MultiplyAdds(node));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> InputNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>The shapes of the outputs, in the order of their names.</summary>
    public IReadOnlyList<Shape> OutputShapes { get; }

    /// <inheritdoc/>
    public long PeakBytes => _plan.PeakBytes;

    /// <summary>
    /// The bytes of the step that touches most: what it reads and writes, with its scratch memory. Where this exceeds a core's second-level
    /// cache, that step waits for memory.
    /// </summary>
    public long WorkingSetBytes => _plan.Steps.Select((step, i) => _plan.BytesOf(step) + _plan.Scratch[i].Bytes).DefaultIfEmpty().Max();

    /// <inheritdoc/>
    public long MultiplyAdds { get; }

    /// <summary>
    /// The vector instructions programs are compiled for on this machine: <c>vector128</c>, <c>avx2</c> or <c>avx512</c>.
    /// </summary>
    public static string VectorLevel => SimdLevels.Best.ToString().ToLowerInvariant();

    /// <summary>The steps of one run, each a kernel call.</summary>
    public int StepCount => _kernels.Length;

    internal SimdLevel Level { get; }

    internal ArenaPlan Plan => _plan;

    internal Graph Graph => _graph;

    internal IReadOnlyList<StepKernel> Kernels => _kernels;

    /// <inheritdoc/>
    public IWorker<float> CreateWorker() => new SimdWorker(this);

    /// <summary>
    /// Makes a worker whose runs share their larger steps among several threads: the caller's, and helpers that all workers of the process
    /// have in common, one for each further core. A run takes the helpers that are free, and goes without where none is, where it is too
    /// short to share (<see cref="MostThreads"/>), or where the worker's earlier runs were faster without. The outputs are the same bits
    /// for any number of threads.
    /// </summary>
    /// <param name="threads">The most threads of a run, the caller's included; 1 is <see cref="CreateWorker()"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public IWorker<float> CreateWorker(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        int useful = Math.Min(threads, MostThreads);

        // Only a run that shares has use for the helpers, and their threads begin when they are first asked for.
        return useful == 1 ? CreateWorker() : CreateWorker(useful, StepThreadPool.OfProcess, new ParallelTuner());
    }

    internal SimdWorker CreateWorker(int threads, StepThreadPool team, ParallelTuner? choice = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        int useful = Math.Min(Math.Min(threads, team.Count + 1), MostShares);
        return useful == 1 ? new SimdWorker(this) : new ParallelWorker(this, team, useful, choice);
    }

    /// <summary>The most threads that a run makes use of: 1 where it is too short to gain by a second.</summary>
    public int MostThreads => MultiplyAdds < WorthSharing ? 1 : MostShares;

    /// <summary>The most threads that any step of a run is shared among.</summary>
    internal int MostShares => _kernels.Length == 0 ? 1 : _kernels.Max(kernel => kernel.Shares);

    /// <summary>Makes a worker that adds up the time of every step.</summary>
    public ProfilingWorker CreateProfilingWorker() => new(this);

    /// <summary>
    /// Runs the program once and measures how many bytes of the arena it wrote: the counterpart of <see cref="PeakBytes"/>.
    /// </summary>
    /// <param name="fill">Writes the values of every input.</param>
    public long MeasurePeakBytes(Action<IWorker<float>> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        using var worker = new MeasuringWorker(this);
        fill(worker);
        worker.Run();
        return worker.TouchedBytes;
    }

    /// <summary>The printed form: every step with its kernel, what it computes, reads and stores, where and how long.</summary>
    public string Dump() => ProgramDump.Print(this);
}
