using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Emits a pass row by row, each row from its first column to its last: plain vectors, and maps of which rows are reduced.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class LineLoopEmitter
{
    /// <summary>Terms a float takes before it is added to a double.</summary>
    private const int ChunkTerms = 64;

    private readonly LoopCode _code;
    private readonly LoopProgram _program;
    private readonly LoopBody _body;
    private readonly SumAccumulators _sums;
    private readonly int _columns;
    private readonly long _rows;
    private readonly Dictionary<ProgramOutput, LoopBuffer> _columnSums = [];
    private readonly Dictionary<ProgramOutput, LocalBuilder> _totals = [];
    private readonly Dictionary<ProgramOutput, LoopBuffer> _sectionTotals = [];
    private readonly LoopPartition? _stretches;

    /// <param name="code">Where to.</param>
    /// <param name="program">The pass.</param>
    /// <param name="scratchBytes">Scratch memory taken, before and after.</param>
    /// <param name="stretches">Where the code is for one stretch of the iterations.</param>
    internal LineLoopEmitter(LoopCode code, LoopProgram program, ref long scratchBytes, LoopPartition? stretches = null)
    {
        _stretches = stretches;
        _code = code;
        _program = program;
        _body = new LoopBody(code, program);
        _sums = new SumAccumulators(_body);
        _columns = program.Domain.Columns;
        _rows = program.Domain.Rows;
        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumRows))
        {
            _columnSums[output] =
                stretches?.Reserve(output.Buffer, _columns, ColumnSumBytes) ?? new LoopBuffer(LoopBuffer.Scratch, scratchBytes);
            scratchBytes += stretches is null ? ColumnSumBytes : 0;
        }

        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumAll && stretches is not null))
        {
            _sectionTotals[output] = stretches!.Reserve(output.Buffer, 1, sizeof(double));
        }

        RowSums = [.. _sums.Outputs.Where(output => output.Kind != OutputKind.SumRows)];
    }

    private VectorInstructionSet Vectors => _code.Vectors;

    private long ColumnSumBytes => (_columns + Vectors.Lanes - 1) / Vectors.Lanes * Vectors.Lanes * sizeof(double);

    /// <summary>Reductions along a row, by row or, for a sum over everything, then over the rows.</summary>
    private IReadOnlyList<ProgramOutput> RowSums { get; }

    /// <summary>Iterations that a stretch can be made of: rows, or of a single row that is not summed up its steps.</summary>
    internal static long Iterations(LoopProgram program, VectorInstructionSet vectors) =>
        program.Domain.Rows > 1 ? program.Domain.Rows
        : program.Outputs.Any(output => output.Kind != OutputKind.Store) ? 1
        : program.Domain.Columns / (vectors.Lanes * Unrolled(program));

    private static int Unrolled(LoopProgram program) => Math.Clamp(16 / program.BodySize, 1, 4);

    internal void Emit()
    {
        _body.Prepare();
        _sums.PrepareTail(_columns % Vectors.Lanes);
        foreach (LoopBuffer buffer in _columnSums.Values)
        {
            _code.ClearScratch(buffer, ColumnSumBytes);
        }

        foreach (ProgramOutput output in RowSums.Where(output => output.Kind == OutputKind.SumAll))
        {
            LocalBuilder total = _code.IL.DeclareLocal(typeof(double));
            _code.IL.Emit(OpCodes.Ldc_R8, 0.0);
            _code.IL.Emit(OpCodes.Stloc, total);
            _totals[output] = total;
        }

        _body.Full = _code.NewCursor();
        _body.Row = _code.NewCursor();
        if (_stretches is not null && _rows > 1)
        {
            _code.StartStretch(_body.Full, (long)_columns * sizeof(float));
            _code.StartStretch(_body.Row, sizeof(float));
            _code.LoopStretch(NextRow);
        }
        else
        {
            _code.Loop(_rows, NextRow);
        }

        Finish();

        void NextRow()
        {
            Row();
            _code.Advance(_body.Row, sizeof(float));
        }
    }

    private void Finish()
    {
        foreach ((ProgramOutput output, LoopBuffer total) in _sectionTotals)
        {
            _code.PushAddress(total, Cursor.Start, 0);
            _code.IL.Emit(OpCodes.Ldloc, _totals[output]);
            _code.IL.Emit(OpCodes.Stind_R8);
        }

        if (_stretches is not null)
        {
            return;
        }

        foreach ((ProgramOutput output, LoopBuffer sums) in _columnSums)
        {
            _code.PushAddress(sums, Cursor.Start, 0);
            _code.PushAddress(output.Buffer, Cursor.Start, 0);
            _code.PushInteger(_columns);
            _code.Call(Vectors.Function("RoundDoubles"));
        }

        foreach ((ProgramOutput output, LocalBuilder total) in _totals)
        {
            _code.PushAddress(output.Buffer, Cursor.Start, 0);
            _code.IL.Emit(OpCodes.Ldloc, total);
            _code.IL.Emit(OpCodes.Conv_R4);
            _code.IL.Emit(OpCodes.Stind_R4);
        }
    }

    private void Row()
    {
        _body.Positions = [0];
        _body.EnterRows();
        int unrolled = Unrolled(_program);
        int lanes = Vectors.Lanes;
        long steps = _columns / (lanes * unrolled);
        bool inDoubles = steps > ChunkTerms;
        int[] whole = [.. Enumerable.Repeat(lanes, unrolled)];
        int left = (int)(_columns - (steps * unrolled * lanes));
        int[] rest = [.. Enumerable.Range(0, (left + lanes - 1) / lanes).Select(v => Math.Min(lanes, left - (v * lanes)))];
        int accumulators = steps > 0 ? unrolled : rest.Length;
        foreach (ProgramOutput output in RowSums)
        {
            _sums.Reset(output, accumulators);
            if (inDoubles && output.Kind != OutputKind.MaxColumns)
            {
                _sums.ResetDoubles(output);
            }
        }

        _body.Column = _rows > 1 ? _code.NewCursor() : _body.Full;
        if (_stretches is not null && _rows == 1)
        {
            _code.StartStretch(_body.Full, (long)unrolled * Vectors.Bytes);
            _code.LoopStretch(() => Step(whole));
            _code.AtLastStretch(steps, () => Body(rest));
            return;
        }

        Steps(steps, whole, inDoubles);
        Body(rest);
        _code.Advance(_body.Full, (long)left * sizeof(float));
        _body.Lanes = whole;
        foreach (ProgramOutput output in RowSums)
        {
            FinishRow(output, accumulators, inDoubles);
        }
    }

    private void Steps(long steps, int[] whole, bool inDoubles)
    {
        if (!inDoubles || RowSums.All(output => output.Kind == OutputKind.MaxColumns))
        {
            _code.Loop(steps, () => Step(whole));
            return;
        }

        _code.Loop(
            steps / ChunkTerms,
            () =>
            {
                _code.Loop(ChunkTerms, () => Step(whole));
                foreach (ProgramOutput output in RowSums.Where(output => output.Kind != OutputKind.MaxColumns))
                {
                    _sums.AddToDoubles(output, whole.Length, maskTail: false);
                    _sums.Reset(output, whole.Length);
                }
            }
        );
        _code.Loop(steps % ChunkTerms, () => Step(whole));
    }

    private void Step(int[] whole)
    {
        Body(whole);
        long bytes = (long)whole.Length * Vectors.Bytes;
        _code.Advance(_body.Full, bytes);
        if (_body.Column != _body.Full)
        {
            _code.Advance(_body.Column, bytes);
        }
    }

    private void FinishRow(ProgramOutput output, int accumulators, bool inDoubles)
    {
        bool maximum = output.Kind == OutputKind.MaxColumns;
        if (output.Kind != OutputKind.SumAll)
        {
            _code.PushAddress(output.Buffer, _body.Row, 0);
        }
        else
        {
            _code.IL.Emit(OpCodes.Ldloc, _totals[output]);
        }

        if (maximum)
        {
            _sums.PushCombined(output, accumulators, maskTail: false);
            _code.Call(Vectors.Function("LargestLane"));
        }
        else if (inDoubles)
        {
            _sums.AddToDoubles(output, accumulators, maskTail: false);
            _sums.PushDoubleTotal(output);
        }
        else
        {
            _sums.PushCombined(output, accumulators, maskTail: false);
            _code.Call(Vectors.Sum);
        }

        if (output.Kind == OutputKind.SumAll)
        {
            _code.IL.Emit(OpCodes.Conv_R8);
            _code.IL.Emit(OpCodes.Add);
            _code.IL.Emit(OpCodes.Stloc, _totals[output]);
        }
        else
        {
            _code.IL.Emit(OpCodes.Conv_R4);
            _code.IL.Emit(OpCodes.Stind_R4);
        }
    }

    private void Body(int[] lanes)
    {
        _body.Lanes = lanes;
        for (int vector = 0; vector < lanes.Length; vector++)
        {
            Place place = new(vector, 0);
            List<(ProgramOutput Output, LocalBuilder Value)> waiting = [];
            foreach (ProgramOutput output in _program.Outputs)
            {
                if (output.Kind == OutputKind.Store)
                {
                    _body.Push(output.Value, place);
                    waiting.Add((output, _code.Keep()));
                }
                else if (_columnSums.TryGetValue(output, out LoopBuffer sums))
                {
                    _body.Push(output.Value, place);
                    _code.PushAddress(sums, _body.Column, (long)vector * Vectors.Bytes, sizeof(double) / sizeof(float));
                    _code.Call(Vectors.Function("AddToDoubles"));
                }
                else
                {
                    _sums.Collect(output, place, maskTail: true);
                }
            }

            // Everything at a place is computed before anything is written there, since a result may lie over an operand.
            foreach ((ProgramOutput output, LocalBuilder value) in waiting)
            {
                _code.IL.Emit(OpCodes.Ldloc, value);
                _body.Store(output.Buffer, Extent.Full, place);
                _code.Release(value);
            }

            _body.Forget();
        }
    }
}
