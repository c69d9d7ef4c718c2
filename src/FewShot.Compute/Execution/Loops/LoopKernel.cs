using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;
using FewShot.Compute.Kernels;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// A specification turned into machine code. Kernels hold no state, so that any number of threads may run one, each with its own buffers
/// and scratch memory.
/// </summary>
internal sealed unsafe class LoopKernel
{
    // A hundred thousand multiply-adds of a convolution take about as long as fifty thousand operations here, whose operands come from
    // further away.
    private const int MultiplyAddsPerOperation = 2;

    private static readonly ConcurrentDictionary<(string Key, int Bits, long ShareWork), Lazy<LoopKernel>> s_cache = [];
    private static int s_count;

    private readonly LoopCodeDelegate _code;
    private readonly LoopCodeDelegate? _begin;
    private readonly LoopPartition? _stretches;
    private readonly long _sections;

    private LoopKernel(LoopSpecification specification, int vectorBits, LoopCodeDelegate code, long scratchBytes, TimeSpan compileTime)
    {
        Specification = specification;
        VectorBits = vectorBits;
        _code = code;
        ScratchBytes = checked((int)scratchBytes);
        CompileTime = compileTime;
    }

    private LoopKernel(
        LoopSpecification specification,
        int vectorBits,
        LoopCodeDelegate? begin,
        LoopCodeDelegate code,
        LoopPartition stretches,
        int shares,
        long scratchBytes,
        TimeSpan compileTime
    )
        : this(specification, vectorBits, code, Align(scratchBytes) + stretches.Bytes, compileTime)
    {
        _begin = begin;
        _stretches = stretches;
        _sections = Align(scratchBytes);
        Shares = Math.Min(shares, stretches.Pieces);
    }

    private delegate void LoopCodeDelegate(float** buffers, byte* scratch, byte* section, int first, int end);

    /// <summary>How many threads it pays to share the loop among.</summary>
    internal int Shares { get; } = 1;

    internal LoopSpecification Specification { get; }

    /// <summary>The width of the vectors.</summary>
    internal int VectorBits { get; }

    /// <summary>What <see cref="Run(float**, byte*)"/> needs of scratch memory, aligned to 64 bytes.</summary>
    internal int ScratchBytes { get; }

    /// <summary>The time it took to lower, emit and compile.</summary>
    internal TimeSpan CompileTime { get; }

    /// <summary>The kernel of a specification, made once in a process for each width.</summary>
    /// <param name="specification">The loop that the kernel computes.</param>
    /// <param name="vectorBits">The width of its vectors.</param>
    /// <param name="shareWork">The least work that is worth a thread's joining in; by default none is.</param>
    [RequiresDynamicCode("Emits IL.")]
    internal static LoopKernel Compile(LoopSpecification specification, int vectorBits, long shareWork = long.MaxValue)
    {
        if (vectorBits is not (128 or 256 or 512))
        {
            throw new ArgumentOutOfRangeException(nameof(vectorBits), vectorBits, "The width of a vector is 128, 256 or 512 bits.");
        }

        return s_cache
            .GetOrAdd(
                (specification.Key, vectorBits, shareWork),
                static (key, specification) => new Lazy<LoopKernel>(() => Emit(specification, key.Bits, key.ShareWork)),
                specification
            )
            .Value;
    }

    /// <summary>Runs the loop: operands first, then outputs, each dense and as long as its extent says.</summary>
    internal void Run(float** buffers, byte* scratch)
    {
        if (_stretches is null)
        {
            _code(buffers, scratch, null, 0, 0);
            return;
        }

        Begin(buffers, scratch);
        Run(buffers, scratch, Share.Whole);
        End(buffers, scratch);
    }

    /// <summary>Prepares what does not change inside the loop.</summary>
    internal void Begin(float** buffers, byte* scratch) => _begin?.Invoke(buffers, scratch, null, 0, 0);

    /// <summary>Runs a share of the loop.</summary>
    internal void Run(float** buffers, byte* scratch, Share share)
    {
        (int first, int end) = share.Range(_stretches!.Pieces);
        if (_stretches.SectionBytes == 0)
        {
            if (first < end)
            {
                _code(buffers, scratch, null, _stretches.Start(first), _stretches.Start(end));
            }

            return;
        }

        for (int section = first; section < end; section++)
        {
            _code(
                buffers,
                scratch,
                scratch + _sections + (section * _stretches.SectionBytes),
                _stretches.Start(section),
                _stretches.Start(section + 1)
            );
        }
    }

    /// <summary>Adds up what the shares have summed.</summary>
    internal void End(float** buffers, byte* scratch) => _stretches!.AddSections(buffers, scratch + _sections);

    /// <summary>What the kernel computes and how it walks, for dumps.</summary>
    internal string Describe() => $"{VectorBits} bits, scratch {ScratchBytes} bytes\n{Specification.Describe()}";

    [RequiresDynamicCode("Emits IL.")]
    private static LoopKernel Emit(LoopSpecification specification, int vectorBits, long shareWork)
    {
        long start = Stopwatch.GetTimestamp();
        LoopValidation.Check(specification);
        LoopProgram[] passes = [.. LoopLowering.Lower(specification, out long scratchBytes)];
        VectorInstructionSet vectors = VectorInstructionSet.For(vectorBits);
        LoopProgram last = passes[^1];
        long shares = last.Work * MultiplyAddsPerOperation / shareWork;
        long iterations = IsLine(last) ? LineLoopEmitter.Iterations(last, vectors) : BlockedLoopPlan.For(last).Iterations;
        if (shares < 2 || iterations < 2)
        {
            LoopCodeDelegate whole = Code(vectors, passes, ref scratchBytes, null);
            return new LoopKernel(specification, vectorBits, whole, scratchBytes, Stopwatch.GetElapsedTime(start));
        }

        LoopCodeDelegate? begin = passes.Length > 1 ? Code(vectors, passes[..^1], ref scratchBytes, null) : null;
        LoopPartition stretches = new(checked((int)iterations));
        LoopCodeDelegate loop = Code(vectors, [last], ref scratchBytes, stretches);
        return new LoopKernel(
            specification,
            vectorBits,
            begin,
            loop,
            stretches,
            (int)Math.Min(shares, iterations),
            scratchBytes,
            Stopwatch.GetElapsedTime(start)
        );
    }

    [RequiresDynamicCode("Emits IL.")]
    private static LoopCodeDelegate Code(
        VectorInstructionSet vectors,
        LoopProgram[] passes,
        ref long scratchBytes,
        LoopPartition? stretches
    )
    {
        string name = $"FusedLoop{Interlocked.Increment(ref s_count)}";
        DynamicMethod method = new(
            name,
            typeof(void),
            [typeof(object), typeof(float**), typeof(byte*), typeof(byte*), typeof(int), typeof(int)],
            typeof(LoopKernel).Module,
            skipVisibility: true
        )
        {
            // Every local is written before it is read.
            InitLocals = false,
        };
        LoopCode code = new(method.GetILGenerator(), vectors);
        foreach (LoopProgram pass in passes)
        {
            if (IsLine(pass))
            {
                new LineLoopEmitter(code, pass, ref scratchBytes, stretches).Emit();
            }
            else
            {
                new BlockedLoopEmitter(code, pass, ref scratchBytes, stretches).Emit();
            }
        }

        code.IL.Emit(OpCodes.Ret);
        return method.CreateDelegate<LoopCodeDelegate>(null);
    }

    private static bool IsLine(LoopProgram pass) => pass.Domain is { Rows: 1, Window: 1 } || pass.ReducesColumns;

    private static long Align(long bytes) => (bytes + 63) / 64 * 64;
}
