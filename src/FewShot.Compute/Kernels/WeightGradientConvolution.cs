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

    private readonly ConvolutionShape shape;
    private readonly SimdLevel level;
    private readonly ChannelBlock[] blocks;
    private readonly List<Chunk> chunks = [];
    private readonly int[] rowGroups;
    private readonly int[] rowStarts;
    private readonly PinnedTable<int> rowOffsets;
    private readonly int panelFloats;
    private readonly bool hasUnseenTaps;

    public WeightGradientConvolution(ConvolutionShape shape, SimdLevel level)
    {
        this.shape = shape;
        this.level = level;
        blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        rowGroups = [.. GatherPlan.BalancedSizes(shape.InputChannels, MaximumRows)];
        rowStarts = [.. Enumerable.Range(0, rowGroups.Length + 1).Select(group => rowGroups[..group].Sum())];
        rowOffsets = new PinnedTable<int>(Enumerable.Range(0, shape.InputChannels).ToArray());
        var seen = new bool[shape.KernelHeight * shape.KernelWidth];
        BuildChunks(seen);
        panelFloats = chunks.Max(chunk => chunk.Pixels) * blocks[0].Width;
        hasUnseenTaps = seen.Contains(false);
    }

    public override string Description => $"weight gradient, {chunks[0].Pixels} pixels at a time";

    public override long Products => shape.SeenMultiplyAdds;

    public override int ScratchBytes => (panelFloats + PartialFloats) * sizeof(float);

    // Groups of rows, tap after tap. Clearing what no pixel sees is for the whole.
    public override int Pieces => hasUnseenTaps ? 1 : shape.KernelHeight * shape.KernelWidth * rowGroups.Length;

    private int PartialFloats => blocks[^1].Partial ? shape.WeightRows * blocks[^1].Width : 0;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        var groups = share.Range(shape.KernelHeight * shape.KernelWidth * rowGroups.Length);
        var panel = (float*)scratch;
        var partial = panel + panelFloats;
        var last = blocks[^1];
        if (hasUnseenTaps)
        {
            new Span<float>(result, shape.WeightRows * shape.OutputChannels).Clear();
            new Span<float>(partial, PartialFloats).Clear();
        }

        foreach (var chunk in chunks)
        {
            RunChunk(chunk, groups, a, b, result, panel, partial);
        }

        if (last.Partial)
        {
            var (first, end) = (Row(groups.First), Row(groups.End));
            Panel.CopyOut(
                partial + first * last.Width, last.Width, result + (nint)first * shape.OutputChannels + last.First, shape.OutputChannels, last.Channels,
                end - first);
        }
    }

    /// <summary>The row of the gradient that a group starts with, groups being counted over all taps.</summary>
    private int Row(int group)
    {
        var (tap, inTap) = Math.DivRem(group, rowGroups.Length);
        return tap * shape.InputChannels + rowStarts[inTap];
    }

    private void RunChunk(Chunk chunk, (int First, int End) groups, float* input, float* cotangent, float* result, float* panel, float* partial)
    {
        WeightGradientArguments arguments;
        foreach (var block in blocks)
        {
            arguments.Cotangent = block.Panel(cotangent + (nint)chunk.FirstPixel * shape.OutputChannels, shape.OutputChannels, panel, chunk.Pixels);
            arguments.ResultStep = block.Partial ? block.Width : shape.OutputChannels;
            for (var tap = 0; tap < chunk.Taps.Length; tap++)
            {
                var pixels = chunk.Taps[tap];
                var first = Math.Max(0, groups.First - tap * rowGroups.Length);
                var end = Math.Min(rowGroups.Length, groups.End - tap * rowGroups.Length);
                if (pixels.Length == 0 || first >= end)
                {
                    continue;
                }

                arguments.Accumulate = chunk.Accumulate[tap];
                arguments.Pixels = pixels.Pointer;
                arguments.PixelCount = pixels.Length;
                arguments.Input = input + chunk.InputOffset;
                arguments.Result = (block.Partial ? partial : result + block.First) + (nint)(tap * shape.InputChannels + rowStarts[first]) * arguments.ResultStep;
                arguments.RowOffsets = rowOffsets.Pointer + rowStarts[first];
                RunRows(&arguments, block.Vectors, first, end);
            }
        }
    }

    private void RunRows(WeightGradientArguments* arguments, int vectors, int first, int end)
    {
        for (var group = first; group < end;)
        {
            var rows = rowGroups[group];
            var count = 1;
            while (group + count < end && rowGroups[group + count] == rows)
            {
                count++;
            }

            arguments->GroupCount = count;
            Loops.WeightGradient(level, rows, vectors)(arguments);
            arguments->RowOffsets += count * rows;
            arguments->Result += count * rows * arguments->ResultStep;
            group += count;
        }
    }

    private void BuildChunks(bool[] seen)
    {
        var rowsPerImage = shape.OutputHeight;
        var rowTaps = PixelClass.ForwardTaps(shape.Height, shape.OutputHeight, shape.KernelHeight, shape.Stride, shape.Padding);
        var columnTaps = PixelClass.ForwardTaps(shape.Width, shape.OutputWidth, shape.KernelWidth, shape.Stride, shape.Padding);
        var wholeImages = Math.Max(1, ChunkPixels / (rowsPerImage * shape.OutputWidth));
        var known = new Dictionary<string, PinnedTable<PixelPair>[]>();
        var firstImage = 0;
        foreach (var imageCount in GatherPlan.BalancedSizes(shape.Images, wholeImages))
        {
            var firstRow = 0;
            foreach (var rowCount in GatherPlan.BalancedSizes(rowsPerImage, Math.Max(1, ChunkPixels / shape.OutputWidth)))
            {
                var key = $"{imageCount} {firstRow} {rowCount}";
                if (!known.TryGetValue(key, out var taps))
                {
                    taps = TapPixels(rowTaps, columnTaps, imageCount, firstRow, rowCount);
                    known.Add(key, taps);
                }

                chunks.Add(new Chunk(
                    (nint)firstImage * shape.InputImageFloats,
                    (firstImage * rowsPerImage + firstRow) * shape.OutputWidth,
                    imageCount * rowCount * shape.OutputWidth,
                    taps,
                    [.. seen]));
                for (var tap = 0; tap < taps.Length; tap++)
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
        var tables = new PinnedTable<PixelPair>[shape.KernelHeight * shape.KernelWidth];
        var lists = tables.Select(_ => new List<(int Input, int Pixel)>()).ToArray();
        for (var image = 0; image < imageCount; image++)
        {
            for (var row = 0; row < rowCount; row++)
            {
                foreach (var rowTap in rowTaps[firstRow + row])
                {
                    for (var column = 0; column < shape.OutputWidth; column++)
                    {
                        foreach (var columnTap in columnTaps[column])
                        {
                            lists[rowTap.Kernel * shape.KernelWidth + columnTap.Kernel].Add((
                                image * shape.InputImageFloats + (rowTap.Input * shape.Width + columnTap.Input) * shape.InputChannels,
                                (image * rowCount + row) * shape.OutputWidth + column));
                        }
                    }
                }
            }
        }

        return [.. lists.Select(list => new PinnedTable<PixelPair>([.. list.Select(pixel => new PixelPair(pixel.Input, pixel.Pixel))]))];
    }

    /// <summary>Some rows of some images: where they lie, for each tap the pixels that see it, and whether an earlier chunk saw it.</summary>
    private sealed record Chunk(nint InputOffset, int FirstPixel, int Pixels, PinnedTable<PixelPair>[] Taps, bool[] Accumulate);
}
