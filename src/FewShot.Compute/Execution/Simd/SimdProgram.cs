using System.Runtime.InteropServices;
using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;
using FewShot.Compute.Simplification;

namespace FewShot.Compute.Execution.Simd;

/// <summary>
/// A graph compiled for one core: simplified, fused, laid out in one arena, and run in float32 by vector kernels. Immutable and thread-safe.
/// </summary>
public sealed unsafe class SimdProgram : IProgram<float>
{
    private readonly Graph _graph;
    private readonly ArenaPlan _plan;
    private readonly StepKernel[] _kernels;

    /// <summary>Compiles a graph for the widest vectors the machine has.</summary>
    public SimdProgram(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        _graph = Simplifier.Run(graph);
        IReadOnlyList<Step> steps = [.. _graph.Nodes.Where(node => node.Operation is not Input && !Storage.IsView(node)).Select(Step.Of)];
        _kernels = [.. steps.Select(step => new DefinitionKernel(step.Nodes[0]))];
        _plan = ArenaPlan.Create(
            _graph, steps, sizeof(float), step => _kernels[step].ScratchBytes, (step, input, output) => _kernels[step].InPlace(input, output));
        InputNames = [.. _graph.Inputs.Select(input => ((Input)input.Operation).Label)];
        OutputNames = [.. _graph.Outputs.Select(output => output.Name)];
        OutputShapes = [.. _graph.Outputs.Select(output => output.Tensor.Shape)];
        MultiplyAdds = _graph.Nodes.Sum(node => node.Operation.MultiplyAdds(node));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> InputNames { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Shapes of the outputs, in the order of their names.</summary>
    public IReadOnlyList<Shape> OutputShapes { get; }

    /// <inheritdoc/>
    public long PeakBytes => _plan.PeakBytes;

    /// <inheritdoc/>
    public long MultiplyAdds { get; }

    internal ArenaPlan Plan => _plan;

    /// <inheritdoc/>
    public IWorker<float> CreateWorker() => new Worker(this);

    private sealed class Worker : IWorker<float>
    {
        private readonly SimdProgram _program;
        private readonly byte* _arena;
        private readonly float** _pointers;
        private readonly int[] _first;
        private bool _disposed;

        public Worker(SimdProgram program)
        {
            _program = program;
            nuint bytes = (nuint)Math.Max(program.PeakBytes, ArenaPlan.Alignment);
            _arena = (byte*)NativeMemory.AlignedAlloc(bytes, ArenaPlan.Alignment);
            NativeMemory.Clear(_arena, bytes);
            IReadOnlyList<Step> steps = program._plan.Steps;
            _first = new int[steps.Count];
            var buffers = new List<Tensor>();
            for (int i = 0; i < steps.Count; i++)
            {
                _first[i] = buffers.Count;
                buffers.AddRange(program._kernels[i].Buffers(steps[i]));
            }

            _pointers = (float**)NativeMemory.Alloc((nuint)buffers.Count + 1, (nuint)sizeof(float*));
            for (int i = 0; i < buffers.Count; i++)
            {
                _pointers[i] = Address(buffers[i]);
            }
        }

        ~Worker() => Release();

        public Span<float> Input(int index) => Values(_program._graph.Inputs[index]);

        public ReadOnlySpan<float> Output(int index) => Values(_program._graph.Outputs[index].Tensor);

        public void Run()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            StepKernel[] kernels = _program._kernels;
            (long Offset, long Bytes)[] scratch = _program._plan.Scratch;
            for (int i = 0; i < kernels.Length; i++)
            {
                kernels[i].Run(_pointers + _first[i], _arena + scratch[i].Offset);
            }
        }

        public void Dispose()
        {
            Release();
            GC.SuppressFinalize(this);
        }

        private float* Address(Tensor tensor) => (float*)(_arena + _program._plan.Slots[Storage.Of(tensor)].Offset);

        private Span<float> Values(Tensor tensor)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new Span<float>(Address(tensor), tensor.Shape.Count);
        }

        private void Release()
        {
            if (!_disposed)
            {
                _disposed = true;
                NativeMemory.AlignedFree(_arena);
                NativeMemory.Free(_pointers);
            }
        }
    }
}
