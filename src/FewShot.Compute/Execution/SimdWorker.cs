using System.Runtime.InteropServices;
using FewShot.Compute.Execution.Steps;
using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution;

/// <summary>The arena of a program and the addresses in it: what one thread needs to run the program.</summary>
internal unsafe class SimdWorker : IWorker<float>
{
    private readonly SimdProgram _program;
    private readonly StepKernel[] _kernels;
    private readonly byte* _arena;
    private readonly float** _pointers;
    private readonly int[] _first;
    private readonly nint[] _scratch;
    private readonly (nint Offset, int Count)[] _inputs;
    private readonly (nint Offset, int Count)[] _outputs;
    private bool _disposed;

    public SimdWorker(SimdProgram program)
    {
        _program = program;
        ArenaPlan plan = program.Plan;
        ArenaBytes = Math.Max(plan.PeakBytes, ArenaPlan.Alignment);
        _arena = ArenaMemory.Allocate(ArenaBytes);
        _kernels = [.. program.Kernels];
        _scratch = [.. plan.Scratch.Select(scratch => (nint)scratch.Offset)];
        _first = new int[_kernels.Length];
        var buffers = new List<Tensor>();
        for (int i = 0; i < _kernels.Length; i++)
        {
            _first[i] = buffers.Count;
            buffers.AddRange(_kernels[i].Buffers(plan.Steps[i]));
        }

        _pointers = (float**)NativeMemory.Alloc((nuint)buffers.Count + 1, (nuint)sizeof(float*));
        for (int i = 0; i < buffers.Count; i++)
        {
            _pointers[i] = (float*)(_arena + OffsetOf(buffers[i]));
        }

        _inputs = [.. program.Graph.Inputs.Select(input => ((nint)OffsetOf(input), input.Shape.Count))];
        _outputs = [.. program.Graph.Outputs.Select(output => ((nint)OffsetOf(output.Tensor), output.Tensor.Shape.Count))];
        WriteConstants();
    }

    ~SimdWorker() => Release();

    protected SimdProgram Program => _program;

    protected byte* Arena => _arena;

    protected long ArenaBytes { get; }

    protected int StepCount => _kernels.Length;

    public Span<float> Input(int index) => Values(_inputs[index]);

    public ReadOnlySpan<float> Output(int index) => Values(_outputs[index]);

    public virtual void Run()
    {
        ThrowIfDisposed();
        for (int i = 0; i < _kernels.Length; i++)
        {
            _kernels[i].Run(_pointers + _first[i], _arena + _scratch[i]);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    protected void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    protected void RunStep(int step) => _kernels[step].Run(_pointers + _first[step], _arena + _scratch[step]);

    protected StepKernel Kernel(int step) => _kernels[step];

    protected float** Buffers(int step) => _pointers + _first[step];

    protected byte* Scratch(int step) => _arena + _scratch[step];

    /// <summary>Frees the memory; called once.</summary>
    protected virtual void Free()
    {
        ArenaMemory.Free(_arena);
        NativeMemory.Free(_pointers);
    }

    protected void WriteConstants()
    {
        foreach (Tensor constant in _program.Plan.Slots.Keys.Where(tensor => tensor.Operation is Constant))
        {
            constant.Operation.Evaluate(new Operands<float>(null, []), Values(((nint)OffsetOf(constant), constant.Shape.Count)));
        }
    }

    private long OffsetOf(Tensor tensor) => _program.Plan.Slots[Storage.Of(tensor)].Offset;

    private Span<float> Values((nint Offset, int Count) place)
    {
        ThrowIfDisposed();
        return new Span<float>(_arena + place.Offset, place.Count);
    }

    private void Release()
    {
        if (!_disposed)
        {
            _disposed = true;
            Free();
        }
    }
}
