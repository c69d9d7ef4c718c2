using System.Numerics.Tensors;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Runs a specification without generating code: a tile of some rows and columns at a time, one instruction after the other over the tile.
/// Sums are taken in double.
/// </summary>
internal sealed unsafe class LoopInterpreter
{
    private const int TileElements = 2048;
    private const int LargestTileColumns = 1024;
    private const int BroadcastTiles = 3;

    private readonly LoopSpecification _specification;
    private readonly LoopDomain _domain;
    private readonly Extent[] _natural;
    private readonly int[] _uses;
    private readonly int _tileRows;
    private readonly int _tileColumns;
    private readonly long[] _valueOffsets;
    private readonly long[] _outputOffsets;
    private readonly long _broadcastOffset;
    private readonly long _tileBytes;

    internal LoopInterpreter(LoopSpecification specification)
    {
        _specification = specification;
        _domain = specification.Domain;
        LoopProgram program = new(
            _domain,
            [.. specification.Operands.Select((extent, i) => new ProgramOperand(extent, new LoopBuffer(i, 0)))],
            specification.Instructions,
            [
                .. specification.Outputs.Select(
                    (output, i) => new ProgramOutput(output.Value, output.Kind, Extent.Full, new LoopBuffer(i, 0))
                ),
            ]
        );
        _natural = program.Natural;
        _uses = program.Uses;
        int window = _domain.Window;
        if (window == 1)
        {
            _tileColumns = Math.Min(_domain.Columns, LargestTileColumns);
            _tileRows = (int)Math.Min(_domain.Rows, Math.Max(1, TileElements / _tileColumns));
        }
        else
        {
            _tileRows = window * _domain.Width;
            _tileColumns = Math.Min(_domain.Columns, Math.Max(16, TileElements / _tileRows));
        }

        long offset = 0;
        _outputOffsets = new long[specification.Outputs.Count];
        for (int i = 0; i < _outputOffsets.Length; i++)
        {
            _outputOffsets[i] = offset;
            LoopOutput output = specification.Outputs[i];
            offset += output.Kind is OutputKind.Store or OutputKind.MaxColumns ? 0 : specification.OutputLength(output) * sizeof(double);
        }

        _tileBytes = (long)_tileRows * _tileColumns * sizeof(float);
        _valueOffsets = new long[_natural.Length];
        for (int i = 0; i < _natural.Length; i++)
        {
            _valueOffsets[i] = offset;
            offset +=
                _uses[i] == 0
                    ? 0
                    : _natural[i] switch
                    {
                        Extent.Full or Extent.Pooled => _tileBytes,
                        Extent.Column => _tileColumns * sizeof(float),
                        Extent.Row => _tileRows * sizeof(float),
                        _ => sizeof(float),
                    };
        }

        _broadcastOffset = offset;
        ScratchBytes = offset + (BroadcastTiles * _tileBytes);
    }

    internal long ScratchBytes { get; }

    internal void Run(float** buffers, byte* scratch)
    {
        for (int i = 0; i < _outputOffsets.Length; i++)
        {
            LoopOutput output = _specification.Outputs[i];
            int length = (int)_specification.OutputLength(output);
            if (output.Kind == OutputKind.MaxColumns)
            {
                new Span<float>(buffers[_specification.Operands.Count + i], length).Fill(float.NegativeInfinity);
            }
            else if (output.Kind != OutputKind.Store)
            {
                new Span<double>(scratch + _outputOffsets[i], length).Clear();
            }
        }

        for (int column = 0; column < _domain.Columns; column += _tileColumns)
        {
            int columns = Math.Min(_tileColumns, _domain.Columns - column);
            if (_domain.Window == 1)
            {
                for (long row = 0; row < _domain.Rows; row += _tileRows)
                {
                    RunTile(new Tile(buffers, scratch, row, (int)Math.Min(_tileRows, _domain.Rows - row), 0, 0, column, columns));
                }
            }
            else
            {
                RunWindows(buffers, scratch, column, columns);
            }
        }

        for (int i = 0; i < _outputOffsets.Length; i++)
        {
            LoopOutput output = _specification.Outputs[i];
            if (output.Kind is not (OutputKind.Store or OutputKind.MaxColumns))
            {
                int length = (int)_specification.OutputLength(output);
                ReadOnlySpan<double> sums = new(scratch + _outputOffsets[i], length);
                TensorPrimitives.ConvertTruncating(sums, new Span<float>(buffers[_specification.Operands.Count + i], length));
            }
        }
    }

    private void RunWindows(float** buffers, byte* scratch, int column, int columns)
    {
        int window = _domain.Window;
        int pooledHeight = _domain.Height / window;
        int pooledWidth = _domain.Width / window;
        int bottom = _domain.Height % window;
        for (int image = 0; image < _domain.Images; image++)
        {
            long imageRow = (long)image * _domain.Height * _domain.Width;
            for (int y = 0; y < pooledHeight; y++)
            {
                long pooledRow = (((long)image * pooledHeight) + y) * pooledWidth;
                RunTile(new Tile(buffers, scratch, imageRow + ((long)y * _tileRows), _tileRows, pooledRow, pooledWidth, column, columns));
            }

            if (bottom > 0)
            {
                RunTile(
                    new Tile(buffers, scratch, imageRow + ((long)pooledHeight * _tileRows), bottom * _domain.Width, 0, 0, column, columns)
                );
            }
        }
    }

    private void RunTile(Tile tile)
    {
        for (int i = 0; i < _natural.Length; i++)
        {
            if (_uses[i] > 0 && !(_natural[i] == Extent.Pooled && tile.PooledRows == 0))
            {
                Evaluate(tile, i);
            }
        }

        for (int i = 0; i < _outputOffsets.Length; i++)
        {
            Write(tile, i);
        }
    }

    private void Evaluate(Tile tile, int value)
    {
        LoopInstruction i = _specification.Instructions[value];
        Extent extent = _natural[value];
        Span<float> result = Value(tile, value);
        switch (i.Opcode)
        {
            case LoopOpcode.Load:
                ReadOperand(tile, tile.Buffers[i.A], extent, result);
                return;
            case LoopOpcode.Constant:
                result[0] = i.Value;
                return;
            case LoopOpcode.MaxPoolSelect or LoopOpcode.MaxUnpool or LoopOpcode.AveragePool or LoopOpcode.AverageUnpool:
                LoopInterpreterPooling.Evaluate(
                    i.Opcode,
                    new LoopInterpreterPooling.Shape(_domain.Window, _domain.Width, tile.PooledRows, tile.Columns),
                    Expand(tile, i.A, i.Opcode is LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool ? Extent.Pooled : Extent.Full, 0),
                    i.Opcode is LoopOpcode.MaxUnpool or LoopOpcode.MaxPoolSelect ? Expand(tile, i.B, Extent.Full, 1) : [],
                    result
                );
                return;
            default:
                int arguments = LoopSpecification.ArgumentCount(i.Opcode);
                ReadOnlySpan<float> a = Expand(tile, i.A, extent, 0);
                ReadOnlySpan<float> b = arguments > 1 ? Expand(tile, i.B, extent, 1) : [];
                ReadOnlySpan<float> c = arguments > 2 ? Expand(tile, i.C, extent, 2) : [];
                LoopInterpreterArithmetic.Evaluate(i, a, b, c, result);
                return;
        }
    }

    private Span<float> Value(Tile tile, int value) => new(tile.Scratch + _valueOffsets[value], Length(tile, _natural[value]));

    private static int Length(Tile tile, Extent extent) =>
        extent switch
        {
            Extent.Full => tile.Rows * tile.Columns,
            Extent.Pooled => tile.PooledRows * tile.Columns,
            Extent.Column => tile.Columns,
            Extent.Row => tile.Rows,
            _ => 1,
        };

    private void ReadOperand(Tile tile, float* source, Extent extent, Span<float> result)
    {
        if (extent is Extent.Full or Extent.Pooled)
        {
            long row = extent == Extent.Full ? tile.Row : tile.PooledRow;
            for (int start = 0; start < result.Length; start += tile.Columns, row++)
            {
                new ReadOnlySpan<float>(source + (row * _domain.Columns) + tile.Column, tile.Columns).CopyTo(result[start..]);
            }

            return;
        }

        long first =
            extent == Extent.Column ? tile.Column
            : extent == Extent.Row ? tile.Row
            : 0;
        new ReadOnlySpan<float>(source + first, result.Length).CopyTo(result);
    }

    /// <summary>A value over a larger extent than its own, in one of the tiles kept for that.</summary>
    private ReadOnlySpan<float> Expand(Tile tile, int value, Extent extent, int slot)
    {
        ReadOnlySpan<float> source = Value(tile, value);
        Extent own = _natural[value];
        if (own == extent)
        {
            return source;
        }

        Span<float> result = new(tile.Scratch + _broadcastOffset + (slot * _tileBytes), Length(tile, extent));
        if (own == Extent.Scalar)
        {
            result.Fill(source[0]);
            return result;
        }

        for (int row = 0, start = 0; start < result.Length; row++, start += tile.Columns)
        {
            Span<float> line = result.Slice(start, tile.Columns);
            if (own == Extent.Column)
            {
                source.CopyTo(line);
            }
            else
            {
                line.Fill(source[row]);
            }
        }

        return result;
    }

    private void Write(Tile tile, int which)
    {
        LoopOutput output = _specification.Outputs[which];
        Extent extent = _specification.Instructions[output.Value].Extent;
        if (extent == Extent.Pooled && tile.PooledRows == 0)
        {
            return;
        }

        ReadOnlySpan<float> value = Expand(tile, output.Value, extent, 0);
        float* target = tile.Buffers[_specification.Operands.Count + which];
        double* sums = (double*)(tile.Scratch + _outputOffsets[which]);
        if (extent is Extent.Column or Extent.Row or Extent.Scalar)
        {
            long first =
                extent == Extent.Column ? tile.Column
                : extent == Extent.Row ? tile.Row
                : 0;
            value.CopyTo(new Span<float>(target + first, value.Length));
            return;
        }

        long row = extent == Extent.Full ? tile.Row : tile.PooledRow;
        for (int start = 0; start < value.Length; start += tile.Columns, row++)
        {
            ReadOnlySpan<float> line = value.Slice(start, tile.Columns);
            switch (output.Kind)
            {
                case OutputKind.Store:
                    line.CopyTo(new Span<float>(target + (row * _domain.Columns) + tile.Column, line.Length));
                    break;
                case OutputKind.MaxColumns:
                    target[row] = MathF.Max(target[row], TensorPrimitives.Max(line));
                    break;
                default:
                    for (int j = 0; j < line.Length; j++)
                    {
                        sums[
                            output.Kind == OutputKind.SumRows ? tile.Column + j
                            : output.Kind == OutputKind.SumColumns ? row
                            : 0
                        ] += line[j];
                    }

                    break;
            }
        }
    }

    /// <summary>Rows of the map, the pooled rows over them where there are any, and some of the columns.</summary>
    private readonly record struct Tile(
        nint BuffersAddress,
        nint ScratchAddress,
        long Row,
        int Rows,
        long PooledRow,
        int PooledRows,
        int Column,
        int Columns
    )
    {
        internal Tile(float** buffers, byte* scratch, long row, int rows, long pooledRow, int pooledRows, int column, int columns)
            : this((nint)buffers, (nint)scratch, row, rows, pooledRow, pooledRows, column, columns) { }

        internal float** Buffers => (float**)BuffersAddress;

        internal byte* Scratch => (byte*)ScratchAddress;
    }
}
