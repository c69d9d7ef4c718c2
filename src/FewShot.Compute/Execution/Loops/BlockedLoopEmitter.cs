using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Emits a pass over a map [rows, columns] or over its windows: chunks of rows outside, blocks of columns inside them, and the rows of the
/// chunk innermost, with column operands and column sums in registers.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class BlockedLoopEmitter : LoopEmitter
{
    private const long LargestCachedMap = 1 << 18;

    private readonly BlockedLoopPlan _plan;
    private readonly long _rowBytes;
    private readonly bool _pooled;
    private readonly bool _full;
    private readonly bool _rowOperands;

    /// <summary>
    /// Bytes from a position to the same one of the next chunk, or 0 where the map is small enough to stay in the cache. Walking a block of
    /// columns jumps from row to row, which the machine's own prefetching does not follow.
    /// </summary>
    private readonly long _prefetchDistance;

    /// <inheritdoc cref="LoopEmitter(LoopCode, LoopProgram, bool, ref long, LoopPartition?)"/>
    internal BlockedLoopEmitter(LoopCode code, LoopProgram program, ref long scratchBytes, LoopPartition? stretches = null)
        : base(code, program, BlockedLoopPlan.For(program).SingleVisit, ref scratchBytes, stretches)
    {
        _plan = BlockedLoopPlan.For(program);
        _rowBytes = (long)Columns * sizeof(float);
        _pooled = _plan.Window > 1;
        _full = program.Outputs.Any(output => output.Extent == Extent.Full);
        long chunkBytes = (long)_plan.RowsPerChunk * _plan.Window * _plan.Width * _rowBytes;
        _prefetchDistance = program.Domain.Rows * _rowBytes > LargestCachedMap ? chunkBytes : 0;
        _rowOperands = program.Invariants(Extent.Row).Any();
    }

    protected override void ResetTotal(ProgramOutput output) => Sums.ResetDoubles(output);

    protected override void PushTotal(ProgramOutput output) => Sums.PushDoubleTotal(output);

    protected override void Walk()
    {
        Cursor chunkFull = Code.NewCursor();
        Cursor chunkPooled = _pooled ? Code.NewCursor() : Cursor.Start;
        Cursor chunkRow = _rowOperands ? Code.NewCursor() : Cursor.Start;
        long chunkPositions = (long)_plan.RowsPerChunk * _plan.Window * _plan.Width;
        long chunkPooledRows = (long)_plan.RowsPerChunk * _plan.Windows;
        if (Stretches is null)
        {
            Code.Loop(_plan.Images, Image);
        }
        else if (_plan.Images > 1)
        {
            Code.StartStretch(chunkFull, ((chunkPositions * _plan.Chunks) + _plan.BottomPositions) * _rowBytes);
            Code.StartStretch(chunkPooled, chunkPooledRows * _plan.Chunks * _rowBytes);
            Code.LoopStretch(Image);
        }
        else
        {
            Code.StartStretch(chunkFull, chunkPositions * _rowBytes);
            Code.StartStretch(chunkPooled, chunkPooledRows * _rowBytes);
            Code.StartStretch(chunkRow, chunkPositions * sizeof(float));
            Code.LoopStretch(Chunk);
            Code.AtLastStretch(_plan.Chunks, Bottom);
        }

        void Image()
        {
            Code.Loop(_plan.Chunks, Chunk);
            Bottom();
        }

        void Chunk()
        {
            Blocks(chunkFull, chunkPooled, chunkRow, WindowRows);
            Code.Advance(chunkFull, chunkPositions * _rowBytes);
            Code.Advance(chunkPooled, chunkPooledRows * _rowBytes);
            Code.Advance(chunkRow, chunkPositions * sizeof(float));
        }

        void Bottom()
        {
            if (_plan.BottomPositions > 0)
            {
                if (_full)
                {
                    Blocks(chunkFull, chunkPooled, chunkRow, () => Positions(_plan.BottomPositions));
                }

                Code.Advance(chunkFull, _plan.BottomPositions * _rowBytes);
            }
        }
    }

    /// <summary>Runs over all columns, a block at a time; the last block has what is left.</summary>
    private void Blocks(Cursor chunkFull, Cursor chunkPooled, Cursor chunkRow, Action rows)
    {
        int blockVectors = BlockVectors();
        int blockLanes = blockVectors * Vectors.Lanes;
        int blocks = Columns / blockLanes;
        int rest = Columns - (blocks * blockLanes);
        if (blocks > 0)
        {
            int[] whole = [.. Enumerable.Repeat(Vectors.Lanes, blockVectors)];
            Cursor column = blocks > 1 ? Code.NewCursor() : Cursor.Start;
            Code.Loop(
                blocks,
                () =>
                {
                    Block(whole, column);
                    if (blocks > 1)
                    {
                        Code.Advance(column, (long)blockLanes * sizeof(float));
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
            Body.Lanes = lanes;
            Body.Column = column;
            Body.Full = Code.NewCursor();
            Code.SetCursor(Body.Full, chunkFull, column);
            if (_pooled)
            {
                Body.Pooled = Code.NewCursor();
                Code.SetCursor(Body.Pooled, chunkPooled, column);
            }

            if (_rowOperands)
            {
                Body.Row = Code.NewCursor();
                Code.SetCursor(Body.Row, chunkRow);
            }

            Body.EnterBlock(ColumnRegisterBudget(lanes.Length));
            foreach (ProgramOutput output in Sums.Outputs)
            {
                Sums.Reset(output, lanes.Length);
            }

            rows();
            foreach (ProgramOutput output in Sums.Outputs)
            {
                Flush(output, lanes.Length);
            }
        }
    }

    private void Flush(ProgramOutput output, int vectors)
    {
        if (output.Kind == OutputKind.SumAll)
        {
            Sums.AddToDoubles(output, vectors, maskTail: true);
            return;
        }

        for (int vector = 0; vector < vectors; vector++)
        {
            Sums.PushRunning(output, vector);
            if (KeepsColumnSums(output))
            {
                AddToColumnSums(output, vector);
            }
            else
            {
                Body.Store(output.Buffer, Extent.Column, new Place(vector, 0));
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
        Code.Loop(
            _plan.RowsPerChunk,
            () =>
            {
                Code.Loop(
                    _plan.Windows,
                    () =>
                    {
                        Visit(positions, inWindow: true);
                        Code.Advance(Body.Full, window * _rowBytes);
                        Code.Advance(Body.Pooled, _rowBytes);
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
                    Visit(left, inWindow: false);
                }

                Code.Advance(Body.Full, (window * mapRowBytes) - (_plan.Windows * window * _rowBytes));
            }
        );
    }

    /// <summary>A run of positions that belong to no window.</summary>
    private void Positions(int count)
    {
        int unrolled = 1;
        foreach (int candidate in (ReadOnlySpan<int>)[4, 3, 2])
        {
            if (unrolled == 1 && count % candidate == 0 && candidate * Program.BodySize * Body.Lanes.Length <= 32)
            {
                unrolled = candidate;
            }
        }

        long[] positions = [.. Enumerable.Range(0, unrolled).Select(p => p * _rowBytes)];
        Code.Loop(
            count / unrolled,
            () =>
            {
                Visit(positions, inWindow: false);
                Code.Advance(Body.Full, unrolled * _rowBytes);
                Code.Advance(Body.Row, unrolled * sizeof(float));
            }
        );
    }

    private void Visit(long[] positions, bool inWindow)
    {
        Body.Positions = positions;
        Body.InWindow = inWindow;
        Body.EnterRows();
        for (int vector = 0; vector < Body.Lanes.Length; vector++)
        {
            for (int position = 0; position < positions.Length && _prefetchDistance > 0; position++)
            {
                Body.Prefetch(new Place(vector, position), _prefetchDistance);
            }

            if (inWindow)
            {
                PooledOutputs(new Place(vector, 0));
            }

            for (int position = 0; position < positions.Length; position++)
            {
                FullOutputs(new Place(vector, position));
            }

            Sums.CommitTerms(vector);
            Body.Forget();
        }
    }

    private void PooledOutputs(Place place)
    {
        foreach (ProgramOutput output in Program.Outputs.Where(output => output.Extent == Extent.Pooled))
        {
            if (output.Kind == OutputKind.Store)
            {
                Body.Push(output.Value, place);
                Body.Store(output.Buffer, Extent.Pooled, place);
            }
            else
            {
                Sums.CollectOnce(output, place);
            }
        }
    }

    private void FullOutputs(Place place)
    {
        foreach (ProgramOutput output in Program.Outputs.Where(output => output.Extent == Extent.Full && output.Kind != OutputKind.Store))
        {
            Sums.Collect(output, place, maskTail: false);
        }

        List<(ProgramOutput Output, LocalBuilder Value)> waiting = [];
        ProgramOutput[] stores = [.. Program.Outputs.Where(output => output.Extent == Extent.Full && output.Kind == OutputKind.Store)];
        foreach (ProgramOutput output in stores)
        {
            Body.Push(output.Value, place);
            if (stores.Length == 1)
            {
                Body.Store(output.Buffer, Extent.Full, place);
            }
            else
            {
                waiting.Add((output, Code.Keep()));
            }
        }

        StoreKept(waiting, place);
    }

    /// <summary>
    /// Windows are worked on over as many columns as the code may grow for, so that memory is read in long runs; their sums may then live
    /// on the stack, since a window adds to them once. Without windows the sums stay in registers.
    /// </summary>
    private int BlockVectors()
    {
        const int blockBytes = 256;
        int accumulators = Sums.Outputs.Count;
        if (_pooled)
        {
            // A window's body is unrolled over its positions and the block's vectors: past some size of code the compiler stops inlining,
            // and the loop runs ten times slower.
            const int longestBody = 160;
            return Math.Clamp(longestBody / (Program.BodySize * _plan.Window * _plan.Window), 1, Math.Min(8, blockBytes / Vectors.Bytes));
        }

        if (accumulators == 0)
        {
            return Math.Min(8, blockBytes / Vectors.Bytes);
        }

        return accumulators <= 2 && Program.BodySize <= 4 + accumulators ? 4 : 2;
    }

    /// <summary>
    /// Registers for column operands. Over a long run there are too many to keep; each is then read where it is used, as part of the
    /// instruction.
    /// </summary>
    private int ColumnRegisterBudget(int vectors)
    {
        const int workingRegisters = 7;
        const int longRun = 4;
        return vectors > longRun ? 0 : Math.Max(0, Vectors.Registers - workingRegisters - (Sums.Outputs.Count * vectors));
    }
}
