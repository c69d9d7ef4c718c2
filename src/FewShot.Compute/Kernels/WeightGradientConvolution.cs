namespace FewShot.Compute.Kernels;

/// <summary>
/// The gradient to the weights: for every tap, blocks of input × output channels are held in registers while the pixels that see the
/// tap stream past. The cotangent is first copied, a few rows at a time, into panels of one block of output channels.
/// </summary>
internal sealed unsafe class WeightGradientConvolution : ConvolutionKernel
{
    private const int MaximumRows = 6;

    // Pixels per chunk: their input channels lie a whole pixel apart, share few cache sets, and are read again for each block.
    private const int ChunkPixels = 100;

    private readonly ConvolutionShape _shape;
    private readonly SimdLevel _level;
    private readonly ChannelBlock[] _blocks;
    private readonly List<Chunk> _chunks = [];
    private readonly int[] _rowGroups;
    private readonly int[] _rowStarts;
    private readonly PinnedTable<int> _rowOffsets;
    private readonly int _panelFloats;
    private readonly bool _hasUnseenTaps;

    public WeightGradientConvolution(ConvolutionShape shape, SimdLevel level)
    {
        this._shape = shape;
        this._level = level;
        _blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        _rowGroups = [.. GatherPlan.BalancedSizes(shape.InputChannels, MaximumRows)];
        _rowStarts = [.. Enumerable.Range(0, _rowGroups.Length + 1).Select(group => _rowGroups[..group].Sum())];
        _rowOffsets = new PinnedTable<int>(Enumerable.Range(0, shape.InputChannels).ToArray());
        bool[] seen = new bool[shape.KernelHeight * shape.KernelWidth];
        BuildChunks(seen);
        _panelFloats = _chunks.Max(chunk => chunk.Pixels) * _blocks[0].Width;
        _hasUnseenTaps = seen.Contains(false);
    }

    public override string Description => $"weight gradient, {_chunks[0].Pixels} pixels at a time";

    public override long Products => _shape.SeenMultiplyAdds;

    public override int ScratchBytes => (_panelFloats + PartialFloats) * sizeof(float);

    // Groups of rows, tap after tap. Clearing what no pixel sees is for the whole.
    public override int Pieces => _hasUnseenTaps ? 1 : _shape.KernelHeight * _shape.KernelWidth * _rowGroups.Length;

    private int PartialFloats => _blocks[^1].Partial ? _shape.WeightRows * _blocks[^1].Width : 0;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        (int First, int End) groups = share.Range(_shape.KernelHeight * _shape.KernelWidth * _rowGroups.Length);
        float* panel = (float*)scratch;
        float* partial = panel + _panelFloats;
        ChannelBlock last = _blocks[^1];
        if (_hasUnseenTaps)
        {
            new Span<float>(result, _shape.WeightRows * _shape.OutputChannels).Clear();
            new Span<float>(partial, PartialFloats).Clear();
        }

        foreach (Chunk chunk in _chunks)
        {
            RunChunk(chunk, groups, a, b, result, panel, partial);
        }

        if (last.Partial)
        {
            (int first, int end) = (Row(groups.First), Row(groups.End));
            Panel.CopyOut(
                partial + first * last.Width,
                last.Width,
                result + (nint)first * _shape.OutputChannels + last.First,
                _shape.OutputChannels,
                last.Channels,
                end - first
            );
        }
    }

    /// <summary>The row of the gradient that a group starts with, groups being counted over all taps.</summary>
    private int Row(int group)
    {
        (int tap, int inTap) = Math.DivRem(group, _rowGroups.Length);
        return tap * _shape.InputChannels + _rowStarts[inTap];
    }

    private void RunChunk(
        Chunk chunk,
        (int First, int End) groups,
        float* input,
        float* cotangent,
        float* result,
        float* panel,
        float* partial
    )
    {
        WeightGradientArguments arguments;
        foreach (ChannelBlock block in _blocks)
        {
            arguments.Cotangent = block.Panel(
                cotangent + (nint)chunk.FirstPixel * _shape.OutputChannels,
                _shape.OutputChannels,
                panel,
                chunk.Pixels
            );
            arguments.ResultStep = block.Partial ? block.Width : _shape.OutputChannels;
            for (int tap = 0; tap < chunk.Taps.Length; tap++)
            {
                PinnedTable<PixelPair> pixels = chunk.Taps[tap];
                int first = Math.Max(0, groups.First - tap * _rowGroups.Length);
                int end = Math.Min(_rowGroups.Length, groups.End - tap * _rowGroups.Length);
                if (pixels.Length == 0 || first >= end)
                {
                    continue;
                }

                arguments.Accumulate = chunk.Accumulate[tap];
                arguments.Pixels = pixels.Pointer;
                arguments.PixelCount = pixels.Length;
                arguments.Input = input + chunk.InputOffset;
                arguments.Result =
                    (block.Partial ? partial : result + block.First)
                    + (nint)(tap * _shape.InputChannels + _rowStarts[first]) * arguments.ResultStep;
                arguments.RowOffsets = _rowOffsets.Pointer + _rowStarts[first];
                RunRows(&arguments, block.Vectors, first, end);
            }
        }
    }

    private void RunRows(WeightGradientArguments* arguments, int vectors, int first, int end)
    {
        for (int group = first; group < end; )
        {
            int rows = _rowGroups[group];
            int count = 1;
            while (group + count < end && _rowGroups[group + count] == rows)
            {
                count++;
            }

            arguments->GroupCount = count;
            Loops.WeightGradient(_level, rows, vectors)(arguments);
            arguments->RowOffsets += count * rows;
            arguments->Result += count * rows * arguments->ResultStep;
            group += count;
        }
    }

    private void BuildChunks(bool[] seen)
    {
        int rowsPerImage = _shape.OutputHeight;
        Tap[][] rowTaps = PixelClass.ForwardTaps(_shape.Height, _shape.OutputHeight, _shape.KernelHeight, _shape.Stride, _shape.Padding);
        Tap[][] columnTaps = PixelClass.ForwardTaps(_shape.Width, _shape.OutputWidth, _shape.KernelWidth, _shape.Stride, _shape.Padding);
        int wholeImages = Math.Max(1, ChunkPixels / (rowsPerImage * _shape.OutputWidth));
        var known = new Dictionary<string, PinnedTable<PixelPair>[]>();
        int firstImage = 0;
        foreach (int imageCount in GatherPlan.BalancedSizes(_shape.Images, wholeImages))
        {
            int firstRow = 0;
            foreach (int rowCount in GatherPlan.BalancedSizes(rowsPerImage, Math.Max(1, ChunkPixels / _shape.OutputWidth)))
            {
                string key = $"{imageCount} {firstRow} {rowCount}";
                if (!known.TryGetValue(key, out PinnedTable<PixelPair>[]? taps))
                {
                    taps = TapPixels(rowTaps, columnTaps, imageCount, firstRow, rowCount);
                    known.Add(key, taps);
                }

                _chunks.Add(
                    new Chunk(
                        (nint)firstImage * _shape.InputImageFloats,
                        (firstImage * rowsPerImage + firstRow) * _shape.OutputWidth,
                        imageCount * rowCount * _shape.OutputWidth,
                        taps,
                        [.. seen]
                    )
                );
                for (int tap = 0; tap < taps.Length; tap++)
                {
                    seen[tap] |= taps[tap].Length > 0;
                }

                firstRow += rowCount;
            }

            firstImage += imageCount;
        }
    }

    private PinnedTable<PixelPair>[] TapPixels(Tap[][] rowTaps, Tap[][] columnTaps, int imageCount, int firstRow, int rowCount)
    {
        var tables = new PinnedTable<PixelPair>[_shape.KernelHeight * _shape.KernelWidth];
        List<(int Input, int Pixel)>[] lists = tables.Select(_ => new List<(int Input, int Pixel)>()).ToArray();
        for (int image = 0; image < imageCount; image++)
        {
            for (int row = 0; row < rowCount; row++)
            {
                foreach (Tap rowTap in rowTaps[firstRow + row])
                {
                    for (int column = 0; column < _shape.OutputWidth; column++)
                    {
                        foreach (Tap columnTap in columnTaps[column])
                        {
                            lists[rowTap.Kernel * _shape.KernelWidth + columnTap.Kernel]
                                .Add(
                                    (
                                        image * _shape.InputImageFloats
                                            + (rowTap.Input * _shape.Width + columnTap.Input) * _shape.InputChannels,
                                        (image * rowCount + row) * _shape.OutputWidth + column
                                    )
                                );
                        }
                    }
                }
            }
        }

        return [.. lists.Select(list => new PinnedTable<PixelPair>([.. list.Select(pixel => new PixelPair(pixel.Input, pixel.Pixel))]))];
    }

    /// <summary>
    /// Some rows of some images: where they lie, for each tap the pixels that see it, and whether an earlier chunk saw it.
    /// </summary>
    private sealed record Chunk(nint InputOffset, int FirstPixel, int Pixels, PinnedTable<PixelPair>[] Taps, bool[] Accumulate);
}
