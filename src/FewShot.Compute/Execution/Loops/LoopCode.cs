using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>The IL of one kernel while it is written: pointers, counted loops, and vector locals that are reused.</summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class LoopCode
{
    /// <summary>Argument 0 is the unused target of the delegate: a delegate with a target is called without shuffling arguments.</summary>
    private const int BuffersArgument = 1;
    private const int ScratchArgument = 2;
    private const int SectionArgument = 3;
    private const int FirstArgument = 4;
    private const int EndArgument = 5;

    private readonly Dictionary<int, LocalBuilder> _bases = [];
    private readonly Stack<LocalBuilder> _freeVectors = [];

    internal LoopCode(ILGenerator il, VectorInstructionSet vectors)
    {
        IL = il;
        Vectors = vectors;
    }

    internal ILGenerator IL { get; }

    internal VectorInstructionSet Vectors { get; }

    internal void Call(MethodInfo method) => IL.Emit(OpCodes.Call, method);

    internal void PushVector(float value)
    {
        if (BitConverter.SingleToInt32Bits(value) == 0)
        {
            Call(Vectors.Zero);
        }
        else
        {
            IL.Emit(OpCodes.Ldc_R4, value);
            Call(Vectors.Broadcast);
        }
    }

    internal void PushInteger(int value) => IL.Emit(OpCodes.Ldc_I4, value);

    /// <summary>Adds a number of bytes to the pointer on the stack.</summary>
    internal void AddBytes(long bytes)
    {
        if (bytes != 0)
        {
            IL.Emit(OpCodes.Ldc_I8, bytes);
            IL.Emit(OpCodes.Conv_I);
            IL.Emit(OpCodes.Add);
        }
    }

    /// <summary>
    /// Reads the start of a tensor into a local, once for the kernel. To be called outside loops, before <see cref="PushAddress"/>.
    /// </summary>
    internal void DeclareBase(LoopBuffer buffer)
    {
        if (buffer.Slot < 0 || _bases.ContainsKey(buffer.Slot))
        {
            return;
        }

        LocalBuilder local = IL.DeclareLocal(typeof(nint));
        IL.Emit(OpCodes.Ldarg, (short)BuffersArgument);
        AddBytes((long)buffer.Slot * sizeof(long));
        IL.Emit(OpCodes.Ldind_I);
        IL.Emit(OpCodes.Stloc, local);
        _bases.Add(buffer.Slot, local);
    }

    internal void PushAddress(LoopBuffer buffer, Cursor cursor, long displacement, int scale = 1)
    {
        long bytes = ((cursor.Displacement + displacement) * scale) + (buffer.Slot < 0 ? buffer.ScratchOffset : 0);
        if (buffer.Slot < 0)
        {
            IL.Emit(OpCodes.Ldarg, (short)(buffer.Slot == LoopBuffer.Section ? SectionArgument : ScratchArgument));
        }
        else
        {
            IL.Emit(OpCodes.Ldloc, _bases[buffer.Slot]);
        }

        if (cursor.Local is not null)
        {
            IL.Emit(OpCodes.Ldloc, cursor.Local);
            if (scale != 1)
            {
                PushInteger(scale);
                IL.Emit(OpCodes.Mul);
            }

            IL.Emit(OpCodes.Add);
        }

        AddBytes(bytes);
    }

    /// <summary>A position in bytes that moves while the code runs, starting at 0.</summary>
    internal Cursor NewCursor()
    {
        Cursor cursor = new(IL.DeclareLocal(typeof(nint)), 0);
        SetCursor(cursor, Cursor.Start);
        return cursor;
    }

    internal void SetCursor(Cursor cursor, params ReadOnlySpan<Cursor> terms)
    {
        long bytes = 0;
        IL.Emit(OpCodes.Ldc_I4_0);
        IL.Emit(OpCodes.Conv_I);
        foreach (Cursor term in terms)
        {
            bytes += term.Displacement;
            if (term.Local is not null)
            {
                IL.Emit(OpCodes.Ldloc, term.Local);
                IL.Emit(OpCodes.Add);
            }
        }

        AddBytes(bytes);
        IL.Emit(OpCodes.Stloc, cursor.Local!);
    }

    /// <summary>Moves a cursor; one that nothing reads, and so has no local, stays.</summary>
    internal void Advance(Cursor cursor, long bytes)
    {
        if (cursor.Local is not null && bytes != 0)
        {
            IL.Emit(OpCodes.Ldloc, cursor.Local);
            AddBytes(bytes);
            IL.Emit(OpCodes.Stloc, cursor.Local);
        }
    }

    /// <summary>Runs a body a number of times known now.</summary>
    internal void Loop(long trips, Action body)
    {
        if (trips <= 1)
        {
            if (trips == 1)
            {
                body();
            }

            return;
        }

        IL.Emit(OpCodes.Ldc_I4, checked((int)trips));
        CountDown(body);
    }

    /// <summary>Runs a body for each iteration of the stretch that the code is called for, which is not empty.</summary>
    internal void LoopStretch(Action body)
    {
        IL.Emit(OpCodes.Ldarg, (short)EndArgument);
        IL.Emit(OpCodes.Ldarg, (short)FirstArgument);
        IL.Emit(OpCodes.Sub);
        CountDown(body);
    }

    /// <summary>Sets a cursor to the start of the stretch that the code is called for.</summary>
    internal void StartStretch(Cursor cursor, long bytesPerIteration)
    {
        if (cursor.Local is not null)
        {
            IL.Emit(OpCodes.Ldarg, (short)FirstArgument);
            IL.Emit(OpCodes.Conv_I);
            IL.Emit(OpCodes.Ldc_I8, bytesPerIteration);
            IL.Emit(OpCodes.Conv_I);
            IL.Emit(OpCodes.Mul);
            IL.Emit(OpCodes.Stloc, cursor.Local);
        }
    }

    /// <summary>Runs a body if the stretch is the last.</summary>
    internal void AtLastStretch(long iterations, Action body)
    {
        Label earlier = IL.DefineLabel();
        IL.Emit(OpCodes.Ldarg, (short)EndArgument);
        IL.Emit(OpCodes.Ldc_I4, checked((int)iterations));
        IL.Emit(OpCodes.Bne_Un, earlier);
        body();
        IL.MarkLabel(earlier);
    }

    /// <summary>Runs a body as often as the number on the stack says, at least once.</summary>
    private void CountDown(Action body)
    {
        LocalBuilder left = IL.DeclareLocal(typeof(int));
        IL.Emit(OpCodes.Stloc, left);
        Label top = IL.DefineLabel();
        IL.MarkLabel(top);
        body();
        IL.Emit(OpCodes.Ldloc, left);
        IL.Emit(OpCodes.Ldc_I4_1);
        IL.Emit(OpCodes.Sub);
        IL.Emit(OpCodes.Stloc, left);
        IL.Emit(OpCodes.Ldloc, left);
        IL.Emit(OpCodes.Brtrue, top);
    }

    internal LocalBuilder TakeVector() => _freeVectors.TryPop(out LocalBuilder? local) ? local : IL.DeclareLocal(Vectors.Vector);

    internal void Release(LocalBuilder vector) => _freeVectors.Push(vector);

    /// <summary>Stores the vector on the stack in a local.</summary>
    internal LocalBuilder Keep()
    {
        LocalBuilder local = TakeVector();
        IL.Emit(OpCodes.Stloc, local);
        return local;
    }

    /// <summary>Sets bytes of scratch memory to 0.</summary>
    internal void ClearScratch(LoopBuffer buffer, long bytes)
    {
        PushAddress(buffer, Cursor.Start, 0);
        IL.Emit(OpCodes.Ldc_I4_0);
        PushInteger(checked((int)bytes));
        IL.Emit(OpCodes.Unaligned, (byte)1);
        IL.Emit(OpCodes.Initblk);
    }
}

/// <summary>A position in bytes: what a local holds, where there is one, plus a constant.</summary>
internal readonly record struct Cursor(LocalBuilder? Local, long Displacement)
{
    internal static Cursor Start => default;
}
