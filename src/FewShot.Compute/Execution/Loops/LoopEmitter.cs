using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// What the emitters of a pass have in common: where its sums are kept, how they begin, and how they are written at the end. How the pass
/// walks its map is theirs.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal abstract class LoopEmitter
{
    private readonly Dictionary<ProgramOutput, LoopBuffer> _columnSums = [];
    private readonly Dictionary<ProgramOutput, LoopBuffer> _sectionTotals = [];

    /// <summary>Reserves memory for the sums of a pass.</summary>
    /// <param name="code">The code that is written to.</param>
    /// <param name="program">The pass that is emitted.</param>
    /// <param name="singleVisit">Whether each column is met exactly once, so that its sum need not be kept in memory.</param>
    /// <param name="scratchBytes">Scratch memory taken, before and after.</param>
    /// <param name="stretches">Where the code is for one stretch of the iterations.</param>
    protected LoopEmitter(LoopCode code, LoopProgram program, bool singleVisit, ref long scratchBytes, LoopPartition? stretches)
    {
        Code = code;
        Program = program;
        Stretches = stretches;
        Body = new LoopBody(code, program);
        Sums = new SumAccumulators(Body);
        foreach (ProgramOutput output in Sums.Outputs.Where(output => output.Kind == OutputKind.SumRows && !singleVisit))
        {
            _columnSums[output] =
                stretches?.Reserve(output.Buffer, Columns, ColumnSumBytes) ?? new LoopBuffer(LoopBuffer.Scratch, scratchBytes);
            scratchBytes += stretches is null ? ColumnSumBytes : 0;
        }

        foreach (ProgramOutput output in Totals.Where(_ => stretches is not null))
        {
            _sectionTotals[output] = stretches!.Reserve(output.Buffer, 1, sizeof(double));
        }
    }

    protected LoopCode Code { get; }

    protected LoopProgram Program { get; }

    protected LoopBody Body { get; }

    protected SumAccumulators Sums { get; }

    protected LoopPartition? Stretches { get; }

    protected VectorInstructionSet Vectors => Code.Vectors;

    protected int Columns => Program.Domain.Columns;

    /// <summary>Sums over everything.</summary>
    protected IEnumerable<ProgramOutput> Totals => Sums.Outputs.Where(output => output.Kind == OutputKind.SumAll);

    private long ColumnSumBytes => (Columns + Vectors.Lanes - 1) / Vectors.Lanes * Vectors.Lanes * sizeof(double);

    internal void Emit()
    {
        Body.Prepare();
        Sums.PrepareTail(Columns % Vectors.Lanes);
        foreach (LoopBuffer buffer in _columnSums.Values)
        {
            Code.ClearScratch(buffer, ColumnSumBytes);
        }

        foreach (ProgramOutput output in Totals)
        {
            ResetTotal(output);
        }

        Walk();
        Finish();
    }

    /// <summary>Sets a sum over everything to 0.</summary>
    protected abstract void ResetTotal(ProgramOutput output);

    /// <summary>Leaves a sum over everything on the stack, as a double.</summary>
    protected abstract void PushTotal(ProgramOutput output);

    /// <summary>Emits the loops.</summary>
    protected abstract void Walk();

    protected bool KeepsColumnSums(ProgramOutput output) => _columnSums.ContainsKey(output);

    /// <summary>Adds the vector on the stack to the sums of its columns.</summary>
    protected void AddToColumnSums(ProgramOutput output, int vector)
    {
        Code.PushAddress(_columnSums[output], Body.Column, (long)vector * Vectors.Bytes, sizeof(double) / sizeof(float));
        Code.Call(Vectors.Function(nameof(VectorFunctions<,,>.AddToDoubles)));
    }

    /// <summary>
    /// Writes full values that were computed before anything is written at the place, since a result may lie over an operand.
    /// </summary>
    protected void StoreKept(IEnumerable<(ProgramOutput Output, LocalBuilder Value)> kept, Place place)
    {
        foreach ((ProgramOutput output, LocalBuilder value) in kept)
        {
            Code.IL.Emit(OpCodes.Ldloc, value);
            Body.Store(output.Buffer, Extent.Full, place);
            Code.Release(value);
        }
    }

    private void Finish()
    {
        foreach ((ProgramOutput output, LoopBuffer total) in _sectionTotals)
        {
            Code.PushAddress(total, Cursor.Start, 0);
            PushTotal(output);
            Code.IL.Emit(OpCodes.Stind_R8);
        }

        if (Stretches is not null)
        {
            return;
        }

        foreach ((ProgramOutput output, LoopBuffer sums) in _columnSums)
        {
            Code.PushAddress(sums, Cursor.Start, 0);
            Code.PushAddress(output.Buffer, Cursor.Start, 0);
            Code.PushInteger(Columns);
            Code.Call(Vectors.Function(nameof(VectorFunctions<,,>.RoundDoubles)));
        }

        foreach (ProgramOutput output in Totals)
        {
            Code.PushAddress(output.Buffer, Cursor.Start, 0);
            PushTotal(output);
            Code.IL.Emit(OpCodes.Conv_R4);
            Code.IL.Emit(OpCodes.Stind_R4);
        }
    }
}
