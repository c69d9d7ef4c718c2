namespace FewShot.Compute.Kernels;

/// <summary>
/// The gradient to the weights of a first layer, whose input has too few channels to fill a block of registers: the rows of a block
/// are taps as well as channels. Some rows of the input are copied into a frame of zeros, so that every pixel sees every tap.
/// </summary>
internal sealed unsafe class FewChannelsWeightGradient : ConvolutionKernel
{
    private const int ChunkPixels = 100;
    private const int MostChannels = 7;

    private readonly ConvolutionShape shape;
    private readonly SimdLevel level;
    private readonly ChannelBlock[] blocks;
    private readonly (int Rows, int Count)[] rowGroups;
    private readonly PinnedTable<int> rowOffsets;
    private readonly PinnedTable<PixelPair> pixels;
    private readonly int chunkRows;
    private readonly int frameWidth;

    public FewChannelsWeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        this.shape = shape;
        this.level = level;
        frameWidth = (shape.OutputWidth - 1) * shape.Stride + shape.KernelWidth;
        chunkRows = GatherPlan.BalancedSizes(shape.OutputHeight, Math.Max(1, ChunkPixels / shape.OutputWidth)).First();

        // Three rows of four vectors fill 16 registers with fewer reads than six rows of two.
        var wide = level.BlockVectors() == 2 && shape.OutputChannels >= 4 * level.Floats();
        var vectors = wide ? 4 : level.BlockVectors();
        blocks = ChannelBlock.Cut(shape.OutputChannels, level, vectors);
        rowGroups =
        [
            .. GatherPlan.BalancedSizes(shape.WeightRows, wide ? 3 : 6).GroupBy(size => size).Select(group => (group.Key, group.Count())),
        ];
        rowOffsets = new PinnedTable<int>(
        [
            .. from row in Enumerable.Range(0, shape.KernelHeight)
               from column in Enumerable.Range(0, shape.KernelWidth)
               from channel in Enumerable.Range(0, shape.InputChannels)
               select (row * frameWidth + column) * shape.InputChannels + channel,
        ]);
        pixels = new PinnedTable<PixelPair>(
        [
            .. from row in Enumerable.Range(0, chunkRows)
               from column in Enumerable.Range(0, shape.OutputWidth)
               select new PixelPair((row * frameWidth + column) * shape.Stride * shape.InputChannels, row * shape.OutputWidth + column),
        ]);
    }

    public override string Description => $"weight gradient, few channels, {chunkRows} rows at a time";

    // It multiplies the frame's zeros too.
    public override long Products => shape.MultiplyAdds;

    public override int ScratchBytes => (FrameFloats + PanelFloats + SumFloats) * sizeof(float);

    // Blocks of channels of the result. To cut a single one loses more than it gains: narrower, its rows fill no registers, and must be copied.
    public override int Pieces => blocks.Length;

    private int FrameRows => (chunkRows - 1) * shape.Stride + shape.KernelHeight;

    private int FrameFloats => (FrameRows * frameWidth * shape.InputChannels + 15) & ~15;

    private int PanelFloats => chunkRows * shape.OutputWidth * blocks[0].Width;

    private int SumFloats => blocks[^1].Partial ? shape.WeightRows * blocks[^1].Width : 0;

    public static bool Fits(ConvolutionShape shape) => shape.InputChannels <= MostChannels;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        var (first, end) = share.Range(blocks.Length);
        ReadOnlySpan<ChannelBlock> shareBlocks = blocks.AsSpan(first, end - first);

        var frame = (float*)scratch;
        var panel = frame + FrameFloats;
        var partialSums = panel + PanelFloats;
        new Span<float>(frame, FrameFloats).Clear();
        WeightGradientArguments arguments;
        arguments.Input = frame;
        arguments.Pixels = pixels.Pointer;
        arguments.Accumulate = false;
        for (var image = 0; image < shape.Images; image++)
        {
            for (var row = 0; row < shape.OutputHeight; row += chunkRows)
            {
                var rows = Math.Min(chunkRows, shape.OutputHeight - row);
                CopyIntoFrame(a + (nint)image * shape.InputImageFloats, row * shape.Stride - shape.Padding, frame);
                arguments.PixelCount = rows * shape.OutputWidth;
                foreach (var block in shareBlocks)
                {
                    var cotangent = b + (nint)image * shape.OutputImageFloats + (nint)row * shape.OutputWidth * shape.OutputChannels;
                    arguments.Cotangent = block.Panel(cotangent, shape.OutputChannels, panel, arguments.PixelCount);
                    arguments.Result = block.Partial ? partialSums : result + block.First;
                    arguments.ResultStep = block.Partial ? block.Width : shape.OutputChannels;
                    arguments.RowOffsets = rowOffsets.Pointer;
                    foreach (var (groupRows, count) in rowGroups)
                    {
                        arguments.GroupCount = count;
                        Loops.WeightGradient(level, groupRows, block.Vectors)(&arguments);
                        arguments.RowOffsets += count * groupRows;
                        arguments.Result += count * groupRows * arguments.ResultStep;
                    }
                }

                arguments.Accumulate = true;
            }
        }

        var last = shareBlocks[^1];
        if (last.Partial)
        {
            Panel.CopyOut(partialSums, last.Width, result + last.First, shape.OutputChannels, last.Channels, shape.WeightRows);
        }
    }

    // Columns outside the image stay zero from the start; rows outside are cleared, since another chunk may have filled them.
    private void CopyIntoFrame(float* input, int firstRow, float* frame)
    {
        var columns = Math.Min(shape.Width, frameWidth - shape.Padding);
        for (var row = 0; row < FrameRows; row++)
        {
            var target = new Span<float>(frame + row * frameWidth * shape.InputChannels, frameWidth * shape.InputChannels);
            var inputRow = firstRow + row;
            if (inputRow < 0 || inputRow >= shape.Height)
            {
                target.Clear();
            }
            else if (columns > 0)
            {
                new Span<float>(input + inputRow * shape.Width * shape.InputChannels, columns * shape.InputChannels)
                    .CopyTo(target[(shape.Padding * shape.InputChannels)..]);
            }
        }
    }
}
