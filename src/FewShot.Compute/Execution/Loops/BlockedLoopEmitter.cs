using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Emits a pass over a map [rows, columns] or over its windows: chunks of rows outside, blocks of columns inside them, and the rows of the
/// chunk innermost, with column operands and column sums in registers.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class BlockedLoopEmitter
{
    private const long LargestCachedMap = 1 << 18;

    private readonly LoopCode _code;
    private readonly LoopProgram _program;
    private readonly LoopBody _body;
    private readonly SumAccumulators _sums;
    private readonly BlockedLoopPlan _plan;
    private readonly int _columns;
    private readonly long _rowBytes;
    private readonly bool _pooled;
    private readonly bool _full;
    private readonly bool _rowOperands;
    private readonly Dictionary<ProgramOutput, LoopBuffer> _columnSums = [];
    private readonly Dictionary<ProgramOutput, LoopBuffer> _sectionTotals = [];
    private readonly LoopPartition? _stretches;

    /// <summary>
    /// Bytes from a position to the same one of the next chunk, or 0 where the map is small enough to stay in the cache. Walking a block of
    /// columns jumps from row to row, which the machine's own prefetching does not follow.
    /// </summary>
    private readonly long _prefetchDistance;

    /// <param name="code">Where to.</param>
    /// <param name="program">The pass.</param>
    /// <param name="scratchBytes">Scratch memory taken, before and after.</param>
    /// <param name="stretches">Where the code is for one stretch of the iterations.</param>
    internal BlockedLoopEmitter(LoopCode code, LoopProgram program, ref long scratchBytes, LoopPartition? stretches = null)
    {
        _stretches = stretches;
        _code = code;
        _program = program;
        _body = new LoopBody(code, program);
        _sums = new SumAccumulators(_body);
        _plan = BlockedLoopPlan.For(program);
        _columns = program.Domain.Columns;
        _rowBytes = (long)_columns * sizeof(float);
        _pooled = _plan.Window > 1;
        _full = program.Outputs.Any(output => output.Extent == Extent.Full);
        long chunkBytes = (long)_plan.RowsPerChunk * _plan.Window * _plan.Width * _rowBytes;
        _prefetchDistance = program.Domain.Rows * _rowBytes > LargestCachedMap ? chunkBytes : 0;
        _rowOperands = program.Invariants(Extent.Row).Any();
        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumRows && !_plan.SingleVisit))
        {
            _columnSums[output] =
                stretches?.Reserve(output.Buffer, _columns, ColumnSumBytes) ?? new LoopBuffer(LoopBuffer.Scratch, scratchBytes);
            scratchBytes += stretches is null ? ColumnSumBytes : 0;
        }

        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumAll && stretches is not null))
        {
            _sectionTotals[output] = stretches!.Reserve(output.Buffer, 1, sizeof(double));
        }
    }

    private VectorInstructionSet Vectors => _code.Vectors;

    private long ColumnSumBytes => (_columns + Vectors.Lanes - 1) / Vectors.Lanes * Vectors.Lanes * sizeof(double);

    internal void Emit()
    {
        _body.Prepare();
        _sums.PrepareTail(_columns % Vectors.Lanes);
        foreach (LoopBuffer buffer in _columnSums.Values)
        {
            _code.ClearScratch(buffer, ColumnSumBytes);
        }

        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumAll))
        {
            _sums.ResetDoubles(output);
        }

        Cursor chunkFull = _code.NewCursor();
        Cursor chunkPooled = _pooled ? _code.NewCursor() : Cursor.Start;
        Cursor chunkRow = _rowOperands ? _code.NewCursor() : Cursor.Start;
        long chunkPositions = (long)_plan.RowsPerChunk * _plan.Window * _plan.Width;
        long chunkPooledRows = (long)_plan.RowsPerChunk * _plan.Windows;
        if (_stretches is null)
        {
            _code.Loop(_plan.Images, Image);
        }
        else if (_plan.Images > 1)
        {
            _code.StartStretch(chunkFull, ((chunkPositions * _plan.Chunks) + _plan.BottomPositions) * _rowBytes);
            _code.StartStretch(chunkPooled, chunkPooledRows * _plan.Chunks * _rowBytes);
            _code.LoopStretch(Image);
        }
        else
        {
            _code.StartStretch(chunkFull, chunkPositions * _rowBytes);
            _code.StartStretch(chunkPooled, chunkPooledRows * _rowBytes);
            _code.StartStretch(chunkRow, chunkPositions * sizeof(float));
            _code.LoopStretch(Chunk);
            _code.AtLastStretch(_plan.Chunks, Bottom);
        }

        Finish();

        void Image()
        {
            _code.Loop(_plan.Chunks, Chunk);
            Bottom();
        }

        void Chunk()
        {
            Blocks(chunkFull, chunkPooled, chunkRow, WindowRows);
            _code.Advance(chunkFull, chunkPositions * _rowBytes);
            _code.Advance(chunkPooled, chunkPooledRows * _rowBytes);
            _code.Advance(chunkRow, chunkPositions * sizeof(float));
        }

        void Bottom()
        {
            if (_plan.BottomPositions > 0)
            {
                if (_full)
                {
                    Blocks(chunkFull, chunkPooled, chunkRow, () => Positions(_plan.BottomPositions));
                }

                _code.Advance(chunkFull, _plan.BottomPositions * _rowBytes);
            }
        }
    }

    private void Finish()
    {
        foreach ((ProgramOutput output, LoopBuffer total) in _sectionTotals)
        {
            _code.PushAddress(total, Cursor.Start, 0);
            _sums.PushDoubleTotal(output);
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

        foreach (ProgramOutput output in _sums.Outputs.Where(output => output.Kind == OutputKind.SumAll))
        {
            _code.PushAddress(output.Buffer, Cursor.Start, 0);
            _sums.PushDoubleTotal(output);
            _code.IL.Emit(OpCodes.Conv_R4);
            _code.IL.Emit(OpCodes.Stind_R4);
        }
    }

    /// <summary>Runs over all columns, a block at a time; the last block has what is left.</summary>
    private void Blocks(Cursor chunkFull, Cursor chunkPooled, Cursor chunkRow, Action rows)
    {
        int blockVectors = BlockVectors();
        int blockLanes = blockVectors * Vectors.Lanes;
        int blocks = _columns / blockLanes;
        int rest = _columns - (blocks * blockLanes);
        if (blocks > 0)
        {
            int[] whole = [.. Enumerable.Repeat(Vectors.Lanes, blockVectors)];
            Cursor column = blocks > 1 ? _code.NewCursor() : Cursor.Start;
            _code.Loop(
                blocks,
                () =>
                {
                    Block(whole, column);
                    if (blocks > 1)
                    {
                        _code.Advance(column, (long)blockLanes * sizeof(float));
                    }
                }
            );
        }

        if (rest > 0)
        {
            int[] lanes =
            [
                .. Enumerable
                    .Range(0, (rest + Vectors.Lanes - 1) / Vectors.Lanes)
                    .Select(v => Math.Min(Vectors.Lanes, rest - (v * Vectors.Lanes))),
            ];
            Block(lanes, new Cursor(null, (long)blocks * blockLanes * sizeof(float)));
        }

        void Block(int[] lanes, Cursor column)
        {
            _body.Lanes = lanes;
            _body.Column = column;
            _body.Full = _code.NewCursor();
            _code.SetCursor(_body.Full, chunkFull, column);
            if (_pooled)
            {
                _body.Pooled = _code.NewCursor();
                _code.SetCursor(_body.Pooled, chunkPooled, column);
            }

            if (_rowOperands)
            {
                _body.Row = _code.NewCursor();
                _code.SetCursor(_body.Row, chunkRow);
            }

            _body.EnterBlock(ColumnRegisterBudget(lanes.Length));
            foreach (ProgramOutput output in _sums.Outputs)
            {
                _sums.Reset(output, lanes.Length);
            }

            rows();
            foreach (ProgramOutput output in _sums.Outputs)
            {
                Flush(output, lanes.Length);
            }
        }
    }

    private void Flush(ProgramOutput output, int vectors)
    {
        if (output.Kind == OutputKind.SumAll)
        {
            _sums.AddToDoubles(output, vectors, maskTail: true);
            return;
        }

        for (int vector = 0; vector < vectors; vector++)
        {
            _sums.PushRunning(output, vector);
            if (_columnSums.TryGetValue(output, out LoopBuffer sums))
            {
                _code.PushAddress(sums, _body.Column, (long)vector * Vectors.Bytes, sizeof(double) / sizeof(float));
                _code.Call(Vectors.Function("AddToDoubles"));
            }
            else
            {
                _body.Store(output.Buffer, Extent.Column, new Place(vector, 0));
            }
        }
    }

    private void WindowRows()
    {
        int window = _plan.Window;
        if (window == 1)
        {
            Positions(_plan.Width);
            return;
        }

        long mapRowBytes = _plan.Width * _rowBytes;
        long[] positions = [.. Enumerable.Range(0, window * window).Select(p => (p / window * mapRowBytes) + (p % window * _rowBytes))];
        _code.Loop(
            _plan.RowsPerChunk,
            () =>
            {
                _code.Loop(
                    _plan.Windows,
                    () =>
                    {
                        Body(positions, inWindow: true);
                        _code.Advance(_body.Full, window * _rowBytes);
                        _code.Advance(_body.Pooled, _rowBytes);
                    }
                );
                if (_plan.RightPositions > 0 && _full)
                {
                    long[] left =
                    [
                        .. Enumerable
                            .Range(0, window * _plan.RightPositions)
                            .Select(p => (p / _plan.RightPositions * mapRowBytes) + (p % _plan.RightPositions * _rowBytes)),
                    ];
                    Body(left, inWindow: false);
                }

                _code.Advance(_body.Full, (window * mapRowBytes) - (_plan.Windows * window * _rowBytes));
            }
        );
    }

    /// <summary>A run of positions that belong to no window.</summary>
    private void Positions(int count)
    {
        int unrolled = 1;
        foreach (int candidate in (ReadOnlySpan<int>)[4, 3, 2])
        {
            if (unrolled == 1 && count % candidate == 0 && candidate * _program.BodySize * _body.Lanes.Length <= 32)
            {
                unrolled = candidate;
            }
        }

        long[] positions = [.. Enumerable.Range(0, unrolled).Select(p => p * _rowBytes)];
        _code.Loop(
            count / unrolled,
            () =>
            {
                Body(positions, inWindow: false);
                _code.Advance(_body.Full, unrolled * _rowBytes);
                _code.Advance(_body.Row, unrolled * sizeof(float));
            }
        );
    }

    private void Body(long[] positions, bool inWindow)
    {
        _body.Positions = positions;
        _body.InWindow = inWindow;
        _body.EnterRows();
        for (int vector = 0; vector < _body.Lanes.Length; vector++)
        {
            for (int position = 0; position < positions.Length && _prefetchDistance > 0; position++)
            {
                _body.Prefetch(new Place(vector, position), _prefetchDistance);
            }

            if (inWindow)
            {
                PooledOutputs(new Place(vector, 0));
            }

            for (int position = 0; position < positions.Length; position++)
            {
                FullOutputs(new Place(vector, position));
            }

            _sums.CommitTerms(vector);
            _body.Forget();
        }
    }

    private void PooledOutputs(Place place)
    {
        foreach (ProgramOutput output in _program.Outputs.Where(output => output.Extent == Extent.Pooled))
        {
            if (output.Kind == OutputKind.Store)
            {
                _body.Push(output.Value, place);
                _body.Store(output.Buffer, Extent.Pooled, place);
            }
            else
            {
                _sums.CollectOnce(output, place);
            }
        }
    }

    /// <summary>Everything at a place is computed before anything is written there, since a result may lie over an operand.</summary>
    private void FullOutputs(Place place)
    {
        foreach (ProgramOutput output in _program.Outputs.Where(output => output.Extent == Extent.Full && output.Kind != OutputKind.Store))
        {
            _sums.Collect(output, place, maskTail: false);
        }

        List<(ProgramOutput Output, LocalBuilder Value)> waiting = [];
        ProgramOutput[] stores = [.. _program.Outputs.Where(output => output.Extent == Extent.Full && output.Kind == OutputKind.Store)];
        foreach (ProgramOutput output in stores)
        {
            _body.Push(output.Value, place);
            if (stores.Length == 1)
            {
                _body.Store(output.Buffer, Extent.Full, place);
            }
            else
            {
                waiting.Add((output, _code.Keep()));
            }
        }

        foreach ((ProgramOutput output, LocalBuilder value) in waiting)
        {
            _code.IL.Emit(OpCodes.Ldloc, value);
            _body.Store(output.Buffer, Extent.Full, place);
            _code.Release(value);
        }
    }

    /// <summary>
    /// Windows are worked on over as many columns as the code may grow for, so that memory is read in long runs; their sums may then live
    /// on the stack, since a window adds to them once. Without windows the sums stay in registers.
    /// </summary>
    private int BlockVectors()
    {
        const int blockBytes = 256;
        int accumulators = _sums.Outputs.Count;
        if (_pooled)
        {
            // A window's body is unrolled over its positions and the block's vectors: past some size of code the compiler stops inlining,
            // and the loop runs ten times slower.
            const int longestBody = 160;
            return Math.Clamp(longestBody / (_program.BodySize * _plan.Window * _plan.Window), 1, Math.Min(8, blockBytes / Vectors.Bytes));
        }

        if (accumulators == 0)
        {
            return Math.Min(8, blockBytes / Vectors.Bytes);
        }

        return accumulators <= 2 && _program.BodySize <= 4 + accumulators ? 4 : 2;
    }

    /// <summary>
    /// Registers for column operands. Over a long run there are too many to keep; each is then read where it is used, as part of the
    /// instruction.
    /// </summary>
    private int ColumnRegisterBudget(int vectors)
    {
        const int workingRegisters = 7;
        const int longRun = 4;
        return vectors > longRun ? 0 : Math.Max(0, Vectors.Registers - workingRegisters - (_sums.Outputs.Count * vectors));
    }
}
