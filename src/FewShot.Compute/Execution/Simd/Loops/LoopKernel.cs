using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace FewShot.Compute.Execution.Simd.Loops;

/// <summary>
/// A specification turned into code: machine code where the process may generate it, an interpreter elsewhere. Kernels hold no state, so that any number of
/// threads may run one, each with its own buffers and scratch memory.
/// </summary>
internal sealed unsafe class LoopKernel
{
    private static readonly ConcurrentDictionary<(string Key, int Bits), Lazy<LoopKernel>> Cache = [];
    private static int s_count;

    private readonly LoopCodeDelegate _code;

    private LoopKernel(LoopSpecification specification, int vectorBits, LoopCodeDelegate code, long scratchBytes, TimeSpan compileTime)
    {
        Specification = specification;
        VectorBits = vectorBits;
        _code = code;
        ScratchBytes = checked((int)scratchBytes);
        CompileTime = compileTime;
    }

    private delegate void LoopCodeDelegate(float** buffers, byte* scratch);

    internal LoopSpecification Specification { get; }

    /// <summary>The width of the vectors, or 0 for the interpreter.</summary>
    internal int VectorBits { get; }

    /// <summary>What <see cref="Run"/> needs of scratch memory, aligned to 64 bytes.</summary>
    internal int ScratchBytes { get; }

    /// <summary>The time it took to lower, emit and compile.</summary>
    internal TimeSpan CompileTime { get; }

    /// <summary>The kernel of a specification, made once in a process for each width.</summary>
    internal static LoopKernel Compile(LoopSpecification specification, int vectorBits)
    {
        if (vectorBits is not (128 or 256 or 512))
        {
            throw new ArgumentOutOfRangeException(nameof(vectorBits), vectorBits, "The width of a vector is 128, 256 or 512 bits.");
        }

        return Cache.GetOrAdd(
            (specification.Key, vectorBits),
            static (key, specification) => new Lazy<LoopKernel>(() => RuntimeFeature.IsDynamicCodeSupported ? Emit(specification, key.Bits) : Interpret(specification)),
            specification).Value;
    }

    /// <summary>A kernel that interprets: for processes that may not generate code, and as a second opinion.</summary>
    internal static LoopKernel Interpret(LoopSpecification specification)
    {
        LoopValidation.Check(specification);
        LoopInterpreter interpreter = new(specification);
        return new LoopKernel(specification, 0, interpreter.Run, interpreter.ScratchBytes, TimeSpan.Zero);
    }

    /// <summary>Runs the loop: operands first, then outputs, each dense and as long as its extent says.</summary>
    internal void Run(float** buffers, byte* scratch) => _code(buffers, scratch);

    /// <summary>What the kernel computes and how it walks, for dumps.</summary>
    internal string Describe() =>
        $"{(VectorBits == 0 ? "interpreted" : $"{VectorBits} bits")}, scratch {ScratchBytes} bytes\n{Specification.Describe()}";

    [RequiresDynamicCode("Emits IL.")]
    private static LoopKernel Emit(LoopSpecification specification, int vectorBits)
    {
        long start = Stopwatch.GetTimestamp();
        LoopValidation.Check(specification);
        IReadOnlyList<LoopProgram> passes = LoopLowering.Lower(specification, out long scratchBytes);
        string name = $"FusedLoop{Interlocked.Increment(ref s_count)}";
        DynamicMethod method = new(name, typeof(void), [typeof(object), typeof(float**), typeof(byte*)], typeof(LoopKernel).Module, skipVisibility: true)
        {
            // Every local is written before it is read.
            InitLocals = false,
        };
        LoopCode code = new(method.GetILGenerator(), VectorInstructionSet.For(vectorBits));
        foreach (LoopProgram pass in passes)
        {
            if (pass.Domain is { Rows: 1, Window: 1 } || pass.ReducesColumns)
            {
                new LineLoopEmitter(code, pass, ref scratchBytes).Emit();
            }
            else
            {
                new BlockedLoopEmitter(code, pass, ref scratchBytes).Emit();
            }
        }

        code.IL.Emit(OpCodes.Ret);
        LoopCodeDelegate compiled = method.CreateDelegate<LoopCodeDelegate>(null);
        return new LoopKernel(specification, vectorBits, compiled, scratchBytes, Stopwatch.GetElapsedTime(start));
    }
}
