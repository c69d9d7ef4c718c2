using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>
/// The direct convolution, and the gradient to the data for any stride: result pixel × output channel blocks are held in registers
/// while input channels stream past (<see cref="GatherPlan"/>). Weights are read in place for small work and packed for large.
/// </summary>
internal sealed unsafe class DirectConvolution : ConvolutionKernel
{
    // Weights of one block of input and output channels, meant to stay in the first-level cache beside the pixels.
    private const int PackedWeightBytes = 20 * 1024;

    // Weights in place lie a whole row of output channels apart and share few cache sets: fewer of them fit.
    private const int InPlaceInputChannels = 8;

    // Up to this many result pixels the copy costs more than it saves (measured: 45 gain in place, 80 gain packed).
    private const int InPlacePixels = 60;

    // Input and result of the images planned together, meant to stay in the second-level cache.
    private const int ImagesBytes = 256 * 1024;
    private const int MinimumImages = 5;

    private readonly SimdLevel _level;
    private readonly int _images;
    private readonly int _inputChannels;
    private readonly int _outputChannels;
    private readonly int _weightTaps;
    private readonly int _inputImage;
    private readonly int _resultPixels;
    private readonly bool _pack;
    private readonly bool _transposeWeights;
    private readonly bool _clear;
    private readonly int _channelsPerBlock;
    private readonly ChannelBlock[] _blocks;
    private readonly int _imagesPerChunk;
    private readonly GatherPlan _plan;
    private readonly GatherPlan _lastPlan;
    private readonly SegmentTable _segments;
    private readonly SegmentTable _lastSegments;
    private readonly int _kernelHeight;
    private readonly int _kernelWidth;
    private readonly int _packedFloats;

    private DirectConvolution(
        SimdLevel level,
        ConvolutionShape shape,
        int inputHeight,
        int inputWidth,
        int inputChannels,
        int outputChannels,
        Tap[][] rowTaps,
        Tap[][] columnTaps,
        bool transposeWeights,
        bool? pack
    )
    {
        this._level = level;
        this._inputChannels = inputChannels;
        this._outputChannels = outputChannels;
        this._transposeWeights = transposeWeights;
        _images = shape.Images;
        Products = shape.SeenMultiplyAdds;
        _kernelHeight = shape.KernelHeight;
        _kernelWidth = shape.KernelWidth;
        _weightTaps = _kernelHeight * _kernelWidth;
        _inputImage = inputHeight * inputWidth * inputChannels;
        _resultPixels = rowTaps.Length * columnTaps.Length;
        _blocks = ChannelBlock.Cut(outputChannels, level, level.BlockVectors());

        // Vectors past the last channel can only be read from a copy. Otherwise copying pays once enough pixels use the weights.
        this._pack = _blocks[^1].Partial || (pack ?? (long)_images * _resultPixels > InPlacePixels);
        _packedFloats = this._pack ? Align(_weightTaps * inputChannels * _blocks.Sum(block => block.Width)) : 0;
        int channelLimit = this._pack
            ? Math.Max(1, PackedWeightBytes / (_weightTaps * _blocks[0].Width * sizeof(float)))
            : InPlaceInputChannels;
        _channelsPerBlock = GatherPlan.BalancedSizes(inputChannels, channelLimit).First();

        PixelClass[] classes = PixelClass.Find(rowTaps, columnTaps);
        _clear = classes.Any(pixelClass => !pixelClass.HasTaps);
        SegmentTable Table(int channels) =>
            new(classes, channels, this._pack ? channels : inputChannels, _kernelWidth, inputWidth * inputChannels, inputChannels);
        int lastChannels = inputChannels - (inputChannels - 1) / _channelsPerBlock * _channelsPerBlock;
        _segments = Table(_channelsPerBlock);
        _lastSegments = lastChannels == _channelsPerBlock ? _segments : Table(lastChannels);

        int imageBytes = (_inputImage + _resultPixels * outputChannels) * sizeof(float);
        _imagesPerChunk = GatherPlan.BalancedSizes(_images, Math.Max(MinimumImages, ImagesBytes / imageBytes)).First();
        GatherPlan Plan(int count) =>
            new(rowTaps, columnTaps, classes, _segments.Starts, count, inputWidth * inputChannels, inputChannels, _inputImage);
        int lastImages = _images - (_images - 1) / _imagesPerChunk * _imagesPerChunk;
        _plan = Plan(_imagesPerChunk);
        _lastPlan = lastImages == _imagesPerChunk ? _plan : Plan(lastImages);
    }

    public override string Description => $"direct, weights {(_pack ? "packed" : "in place")}, {_channelsPerBlock} channels at a time";

    public override long Products { get; }

    public override int ScratchBytes => (TransposedFloats + _packedFloats + PanelFloats) * sizeof(float);

    // A copy of the result's panel and the clearing of untouched pixels are for the whole.
    public override int Pieces => _clear || _blocks[^1].Partial ? 1 : _plan.Groups * ((_images + _imagesPerChunk - 1) / _imagesPerChunk);

    private int TransposedFloats => _transposeWeights ? Align(_weightTaps * _inputChannels * _outputChannels) : 0;

    private int PanelFloats => _blocks[^1].Partial ? Align(_imagesPerChunk * _resultPixels * _blocks[^1].Width) : 0;

    public static DirectConvolution Forward(ConvolutionShape shape, SimdLevel level, bool? pack = null) =>
        new(
            level,
            shape,
            shape.Height,
            shape.Width,
            shape.InputChannels,
            shape.OutputChannels,
            PixelClass.ForwardTaps(shape.Height, shape.OutputHeight, shape.KernelHeight, shape.Stride, shape.Padding),
            PixelClass.ForwardTaps(shape.Width, shape.OutputWidth, shape.KernelWidth, shape.Stride, shape.Padding),
            transposeWeights: false,
            pack
        );

    public static DirectConvolution DataGradient(ConvolutionShape shape, SimdLevel level, bool? pack = null) =>
        new(
            level,
            shape,
            shape.OutputHeight,
            shape.OutputWidth,
            shape.OutputChannels,
            shape.InputChannels,
            PixelClass.DataGradientTaps(shape.Height, shape.OutputHeight, shape.KernelHeight, shape.Stride, shape.Padding),
            PixelClass.DataGradientTaps(shape.Width, shape.OutputWidth, shape.KernelWidth, shape.Stride, shape.Padding),
            transposeWeights: true,
            pack
        );

    [SkipLocalsInit]
    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        float* transposed = (float*)scratch;
        float* packed = transposed + TransposedFloats;
        float* panel = packed + _packedFloats;
        if (_transposeWeights)
        {
            WeightTranspose.Run(b, transposed, _kernelHeight, _kernelWidth, _outputChannels, _inputChannels, _level);
            b = transposed;
        }

        if (_pack)
        {
            WeightPacking.Pack(b, packed, _weightTaps, _inputChannels, _channelsPerBlock, _outputChannels, _blocks);
        }

        if (_clear)
        {
            new Span<float>(result, checked(_images * _resultPixels * _outputChannels)).Clear();
        }

        int chunks = (_images + _imagesPerChunk - 1) / _imagesPerChunk;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            Share part = share.Within(chunk, chunks);
            if (!part.IsEmpty)
            {
                int image = chunk * _imagesPerChunk;
                int count = Math.Min(_imagesPerChunk, _images - image);
                RunChunk(
                    count,
                    count == _imagesPerChunk ? _plan : _lastPlan,
                    a + (nint)image * _inputImage,
                    _pack ? packed : b,
                    result + (nint)image * _resultPixels * _outputChannels,
                    panel,
                    part
                );
            }
        }
    }

    private static int Align(int floats) => (floats + 15) & ~15;

    private void RunChunk(int count, GatherPlan chunkPlan, float* input, float* weights, float* result, float* panel, Share share)
    {
        GatherArguments arguments;
        for (int channel = 0; channel < _inputChannels; channel += _channelsPerBlock)
        {
            int channels = Math.Min(_channelsPerBlock, _inputChannels - channel);
            arguments.Segments = (channels == _channelsPerBlock ? _segments : _lastSegments).Segments.Pointer;
            arguments.Input = input + channel;
            arguments.Accumulate = channel > 0;
            foreach (ChannelBlock block in _blocks)
            {
                if (_pack)
                {
                    arguments.Weights = weights;
                    arguments.WeightStep = block.Width;
                    weights += (nint)_weightTaps * channels * block.Width;
                }
                else
                {
                    arguments.Weights = weights + (nint)channel * _outputChannels + block.First;
                    arguments.WeightStep = _outputChannels;
                }

                arguments.Result = block.Partial ? panel : result + block.First;
                arguments.ResultStep = block.Partial ? block.Width : _outputChannels;
                if (block.Partial && _clear && channel == 0)
                {
                    new Span<float>(panel, count * _resultPixels * block.Width).Clear();
                }

                chunkPlan.Run(&arguments, _level, block.Vectors, share);
                if (block.Partial && channel + channels == _inputChannels)
                {
                    Panel.CopyOut(panel, block.Width, result + block.First, _outputChannels, block.Channels, count * _resultPixels);
                }
            }
        }
    }
}
