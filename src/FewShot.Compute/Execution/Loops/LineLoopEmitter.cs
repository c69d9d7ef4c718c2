using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Emits a pass row by row, each row from its first column to its last: plain vectors, and maps of which rows are reduced.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class LineLoopEmitter : LoopEmitter
{
    /// <summary>Terms a float takes before it is added to a double.</summary>
    private const int ChunkTerms = 64;

    private readonly long _rows;
    private readonly Dictionary<ProgramOutput, LocalBuilder> _totals = [];

    /// <inheritdoc cref="LoopEmitter(LoopCode, LoopProgram, bool, ref long, LoopPartition?)"/>
    internal LineLoopEmitter(LoopCode code, LoopProgram program, ref long scratchBytes, LoopPartition? stretches = null)
        : base(code, program, singleVisit: false, ref scratchBytes, stretches)
    {
        _rows = program.Domain.Rows;
        RowSums = [.. Sums.Outputs.Where(output => output.Kind != OutputKind.SumRows)];
    }

    /// <summary>Reductions along a row, by row or, for a sum over everything, then over the rows.</summary>
    private IReadOnlyList<ProgramOutput> RowSums { get; }

    /// <summary>Iterations that a stretch can be made of: rows, or of a single row that is not summed up its steps.</summary>
    internal static long Iterations(LoopProgram program, VectorInstructionSet vectors) =>
        program.Domain.Rows > 1 ? program.Domain.Rows
        : program.Outputs.Any(output => output.Kind != OutputKind.Store) ? 1
        : program.Domain.Columns / (vectors.Lanes * Unrolled(program));

    private static int Unrolled(LoopProgram program) => Math.Clamp(16 / program.BodySize, 1, 4);

    protected override void ResetTotal(ProgramOutput output)
    {
        LocalBuilder total = Code.IL.DeclareLocal(typeof(double));
        Code.IL.Emit(OpCodes.Ldc_R8, 0.0);
        Code.IL.Emit(OpCodes.Stloc, total);
        _totals[output] = total;
    }

    protected override void PushTotal(ProgramOutput output) => Code.IL.Emit(OpCodes.Ldloc, _totals[output]);

    protected override void Walk()
    {
        Body.Full = Code.NewCursor();
        Body.Row = Code.NewCursor();
        if (Stretches is not null && _rows > 1)
        {
            Code.StartStretch(Body.Full, (long)Columns * sizeof(float));
            Code.StartStretch(Body.Row, sizeof(float));
            Code.LoopStretch(NextRow);
        }
        else
        {
            Code.Loop(_rows, NextRow);
        }

        void NextRow()
        {
            Row();
            Code.Advance(Body.Row, sizeof(float));
        }
    }

    private void Row()
    {
        Body.Positions = [0];
        Body.EnterRows();
        int unrolled = Unrolled(Program);
        int lanes = Vectors.Lanes;
        long steps = Columns / (lanes * unrolled);
        bool inDoubles = steps > ChunkTerms;
        int[] whole = [.. Enumerable.Repeat(lanes, unrolled)];
        int left = (int)(Columns - (steps * unrolled * lanes));
        int[] rest = [.. Enumerable.Range(0, (left + lanes - 1) / lanes).Select(v => Math.Min(lanes, left - (v * lanes)))];
        int accumulators = steps > 0 ? unrolled : rest.Length;
        foreach (ProgramOutput output in RowSums)
        {
            Sums.Reset(output, accumulators);
            if (inDoubles && output.Kind != OutputKind.MaxColumns)
            {
                Sums.ResetDoubles(output);
            }
        }

        Body.Column = _rows > 1 ? Code.NewCursor() : Body.Full;
        if (Stretches is not null && _rows == 1)
        {
            Code.StartStretch(Body.Full, (long)unrolled * Vectors.Bytes);
            Code.LoopStretch(() => Step(whole));
            Code.AtLastStretch(steps, () => VectorsOf(rest));
            return;
        }

        Steps(steps, whole, inDoubles);
        VectorsOf(rest);
        Code.Advance(Body.Full, (long)left * sizeof(float));
        Body.Lanes = whole;
        foreach (ProgramOutput output in RowSums)
        {
            FinishRow(output, accumulators, inDoubles);
        }
    }

    private void Steps(long steps, int[] whole, bool inDoubles)
    {
        if (!inDoubles || RowSums.All(output => output.Kind == OutputKind.MaxColumns))
        {
            Code.Loop(steps, () => Step(whole));
            return;
        }

        Code.Loop(
            steps / ChunkTerms,
            () =>
            {
                Code.Loop(ChunkTerms, () => Step(whole));
                foreach (ProgramOutput output in RowSums.Where(output => output.Kind != OutputKind.MaxColumns))
                {
                    Sums.AddToDoubles(output, whole.Length, maskTail: false);
                    Sums.Reset(output, whole.Length);
                }
            }
        );
        Code.Loop(steps % ChunkTerms, () => Step(whole));
    }

    private void Step(int[] whole)
    {
        VectorsOf(whole);
        long bytes = (long)whole.Length * Vectors.Bytes;
        Code.Advance(Body.Full, bytes);
        if (Body.Column != Body.Full)
        {
            Code.Advance(Body.Column, bytes);
        }
    }

    private void FinishRow(ProgramOutput output, int accumulators, bool inDoubles)
    {
        bool maximum = output.Kind == OutputKind.MaxColumns;
        if (output.Kind != OutputKind.SumAll)
        {
            Code.PushAddress(output.Buffer, Body.Row, 0);
        }
        else
        {
            Code.IL.Emit(OpCodes.Ldloc, _totals[output]);
        }

        if (maximum)
        {
            Sums.PushCombined(output, accumulators, maskTail: false);
            Code.Call(Vectors.Function(nameof(VectorFunctions<,,>.LargestLane)));
        }
        else if (inDoubles)
        {
            Sums.AddToDoubles(output, accumulators, maskTail: false);
            Sums.PushDoubleTotal(output);
        }
        else
        {
            Sums.PushCombined(output, accumulators, maskTail: false);
            Code.Call(Vectors.Sum);
        }

        if (output.Kind == OutputKind.SumAll)
        {
            Code.IL.Emit(OpCodes.Conv_R8);
            Code.IL.Emit(OpCodes.Add);
            Code.IL.Emit(OpCodes.Stloc, _totals[output]);
        }
        else
        {
            Code.IL.Emit(OpCodes.Conv_R4);
            Code.IL.Emit(OpCodes.Stind_R4);
        }
    }

    private void VectorsOf(int[] lanes)
    {
        Body.Lanes = lanes;
        for (int vector = 0; vector < lanes.Length; vector++)
        {
            Place place = new(vector, 0);
            List<(ProgramOutput Output, LocalBuilder Value)> waiting = [];
            foreach (ProgramOutput output in Program.Outputs)
            {
                if (output.Kind == OutputKind.Store)
                {
                    Body.Push(output.Value, place);
                    waiting.Add((output, Code.Keep()));
                }
                else if (KeepsColumnSums(output))
                {
                    Body.Push(output.Value, place);
                    AddToColumnSums(output, vector);
                }
                else
                {
                    Sums.Collect(output, place, maskTail: true);
                }
            }

            StoreKept(waiting, place);
            Body.Forget();
        }
    }
}
