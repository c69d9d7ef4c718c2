namespace FewShot.Compute.Kernels;

/// <summary>
/// The gradient to the weights of a first layer, whose input has too few channels to fill a block of registers: the rows of a block
/// are taps as well as channels. Some rows of the input are copied into a frame of zeros, so that every pixel sees every tap.
/// </summary>
internal sealed unsafe class FewChannelsWeightGradient : ConvolutionKernel
{
    private const int ChunkPixels = 100;
    private const int MostChannels = 7;

    private readonly ConvolutionShape _shape;
    private readonly SimdLevel _level;
    private readonly ChannelBlock[] _blocks;
    private readonly (int Rows, int Count)[] _rowGroups;
    private readonly PinnedTable<int> _rowOffsets;
    private readonly PinnedTable<PixelPair> _pixels;
    private readonly int _chunkRows;
    private readonly int _frameWidth;

    public FewChannelsWeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        this._shape = shape;
        this._level = level;
        _frameWidth = (shape.OutputWidth - 1) * shape.Stride + shape.KernelWidth;
        _chunkRows = GatherPlan.BalancedSizes(shape.OutputHeight, Math.Max(1, ChunkPixels / shape.OutputWidth)).First();

        // Three rows of four vectors fill 16 registers with fewer reads than six rows of two.
        bool wide = level.BlockVectors() == 2 && shape.OutputChannels >= 4 * level.Floats();
        int vectors = wide ? 4 : level.BlockVectors();
        _blocks = ChannelBlock.Cut(shape.OutputChannels, level, vectors);
        _rowGroups =
        [
            .. GatherPlan.BalancedSizes(shape.WeightRows, wide ? 3 : 6).GroupBy(size => size).Select(group => (group.Key, group.Count())),
        ];
        _rowOffsets = new PinnedTable<int>([
            .. from row in Enumerable.Range(0, shape.KernelHeight)
            from column in Enumerable.Range(0, shape.KernelWidth)
            from channel in Enumerable.Range(0, shape.InputChannels)
            select (row * _frameWidth + column) * shape.InputChannels + channel,
        ]);
        _pixels = new PinnedTable<PixelPair>([
            .. from row in Enumerable.Range(0, _chunkRows)
            from column in Enumerable.Range(0, shape.OutputWidth)
            select new PixelPair((row * _frameWidth + column) * shape.Stride * shape.InputChannels, row * shape.OutputWidth + column),
        ]);
    }

    public override string Description => $"weight gradient, few channels, {_chunkRows} rows at a time";

    // It multiplies the frame's zeros too.
    public override long Products => _shape.MultiplyAdds;

    public override int ScratchBytes => (FrameFloats + PanelFloats + SumFloats) * sizeof(float);

    // Blocks of channels of the result. To cut a single one loses more than it gains: narrower, its rows fill no registers, and must be
    // copied.
    public override int Pieces => _blocks.Length;

    private int FrameRows => (_chunkRows - 1) * _shape.Stride + _shape.KernelHeight;

    private int FrameFloats => (FrameRows * _frameWidth * _shape.InputChannels + 15) & ~15;

    private int PanelFloats => _chunkRows * _shape.OutputWidth * _blocks[0].Width;

    private int SumFloats => _blocks[^1].Partial ? _shape.WeightRows * _blocks[^1].Width : 0;

    public static bool Fits(ConvolutionShape shape) => shape.InputChannels <= MostChannels;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        (int first, int end) = share.Range(_blocks.Length);
        ReadOnlySpan<ChannelBlock> shareBlocks = _blocks.AsSpan(first, end - first);

        float* frame = (float*)scratch;
        float* panel = frame + FrameFloats;
        float* partialSums = panel + PanelFloats;
        new Span<float>(frame, FrameFloats).Clear();
        WeightGradientArguments arguments;
        arguments.Input = frame;
        arguments.Pixels = _pixels.Pointer;
        arguments.Accumulate = false;
        for (int image = 0; image < _shape.Images; image++)
        {
            for (int row = 0; row < _shape.OutputHeight; row += _chunkRows)
            {
                int rows = Math.Min(_chunkRows, _shape.OutputHeight - row);
                CopyIntoFrame(a + (nint)image * _shape.InputImageFloats, row * _shape.Stride - _shape.Padding, frame);
                arguments.PixelCount = rows * _shape.OutputWidth;
                foreach (ChannelBlock block in shareBlocks)
                {
                    float* cotangent = b + (nint)image * _shape.OutputImageFloats + (nint)row * _shape.OutputWidth * _shape.OutputChannels;
                    arguments.Cotangent = block.Panel(cotangent, _shape.OutputChannels, panel, arguments.PixelCount);
                    arguments.Result = block.Partial ? partialSums : result + block.First;
                    arguments.ResultStep = block.Partial ? block.Width : _shape.OutputChannels;
                    arguments.RowOffsets = _rowOffsets.Pointer;
                    foreach ((int groupRows, int count) in _rowGroups)
                    {
                        arguments.GroupCount = count;
                        Loops.WeightGradient(_level, groupRows, block.Vectors)(&arguments);
                        arguments.RowOffsets += count * groupRows;
                        arguments.Result += count * groupRows * arguments.ResultStep;
                    }
                }

                arguments.Accumulate = true;
            }
        }

        ChannelBlock last = shareBlocks[^1];
        if (last.Partial)
        {
            Panel.CopyOut(partialSums, last.Width, result + last.First, _shape.OutputChannels, last.Channels, _shape.WeightRows);
        }
    }

    // Columns outside the image stay zero from the start; rows outside are cleared, since another chunk may have filled them.
    private void CopyIntoFrame(float* input, int firstRow, float* frame)
    {
        int columns = Math.Min(_shape.Width, _frameWidth - _shape.Padding);
        for (int row = 0; row < FrameRows; row++)
        {
            var target = new Span<float>(frame + row * _frameWidth * _shape.InputChannels, _frameWidth * _shape.InputChannels);
            int inputRow = firstRow + row;
            if (inputRow < 0 || inputRow >= _shape.Height)
            {
                target.Clear();
            }
            else if (columns > 0)
            {
                new Span<float>(input + inputRow * _shape.Width * _shape.InputChannels, columns * _shape.InputChannels).CopyTo(
                    target[(_shape.Padding * _shape.InputChannels)..]
                );
            }
        }
    }
}
