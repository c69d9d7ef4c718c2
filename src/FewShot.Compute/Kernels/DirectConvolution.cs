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

    private readonly SimdLevel level;
    private readonly int images;
    private readonly int inputChannels;
    private readonly int outputChannels;
    private readonly int weightTaps;
    private readonly int inputImage;
    private readonly int resultPixels;
    private readonly bool pack;
    private readonly bool transposeWeights;
    private readonly bool clear;
    private readonly int channelsPerBlock;
    private readonly ChannelBlock[] blocks;
    private readonly int imagesPerChunk;
    private readonly GatherPlan plan;
    private readonly GatherPlan lastPlan;
    private readonly SegmentTable segments;
    private readonly SegmentTable lastSegments;
    private readonly int kernelHeight;
    private readonly int kernelWidth;
    private readonly int packedFloats;

    private DirectConvolution(
        SimdLevel level, ConvolutionShape shape, int inputHeight, int inputWidth, int inputChannels, int outputChannels,
        Tap[][] rowTaps, Tap[][] columnTaps, bool transposeWeights, bool? pack)
    {
        this.level = level;
        this.inputChannels = inputChannels;
        this.outputChannels = outputChannels;
        this.transposeWeights = transposeWeights;
        images = shape.Images;
        Products = shape.SeenMultiplyAdds;
        kernelHeight = shape.KernelHeight;
        kernelWidth = shape.KernelWidth;
        weightTaps = kernelHeight * kernelWidth;
        inputImage = inputHeight * inputWidth * inputChannels;
        resultPixels = rowTaps.Length * columnTaps.Length;
        blocks = ChannelBlock.Cut(outputChannels, level, level.BlockVectors());

        // Vectors past the last channel can only be read from a copy. Otherwise copying pays once enough pixels use the weights.
        this.pack = blocks[^1].Partial || (pack ?? (long)images * resultPixels > InPlacePixels);
        packedFloats = this.pack ? Align(weightTaps * inputChannels * blocks.Sum(block => block.Width)) : 0;
        var channelLimit = this.pack ? Math.Max(1, PackedWeightBytes / (weightTaps * blocks[0].Width * sizeof(float))) : InPlaceInputChannels;
        channelsPerBlock = GatherPlan.BalancedSizes(inputChannels, channelLimit).First();

        var classes = PixelClass.Find(rowTaps, columnTaps);
        clear = classes.Any(pixelClass => !pixelClass.HasTaps);
        SegmentTable Table(int channels) => new(
            classes, channels, this.pack ? channels : inputChannels, kernelWidth, inputWidth * inputChannels, inputChannels);
        var lastChannels = inputChannels - (inputChannels - 1) / channelsPerBlock * channelsPerBlock;
        segments = Table(channelsPerBlock);
        lastSegments = lastChannels == channelsPerBlock ? segments : Table(lastChannels);

        var imageBytes = (inputImage + resultPixels * outputChannels) * sizeof(float);
        imagesPerChunk = GatherPlan.BalancedSizes(images, Math.Max(MinimumImages, ImagesBytes / imageBytes)).First();
        GatherPlan Plan(int count) => new(
            rowTaps, columnTaps, classes, segments.Starts, count, inputWidth * inputChannels, inputChannels, inputImage);
        var lastImages = images - (images - 1) / imagesPerChunk * imagesPerChunk;
        plan = Plan(imagesPerChunk);
        lastPlan = lastImages == imagesPerChunk ? plan : Plan(lastImages);
    }

    public override string Description => $"direct, weights {(pack ? "packed" : "in place")}, {channelsPerBlock} channels at a time";

    public override long Products { get; }

    public override int ScratchBytes => (TransposedFloats + packedFloats + PanelFloats) * sizeof(float);

    // A copy of the result's panel and the clearing of untouched pixels are for the whole.
    public override int Pieces => clear || blocks[^1].Partial ? 1 : plan.Groups * ((images + imagesPerChunk - 1) / imagesPerChunk);

    private int TransposedFloats => transposeWeights ? Align(weightTaps * inputChannels * outputChannels) : 0;

    private int PanelFloats => blocks[^1].Partial ? Align(imagesPerChunk * resultPixels * blocks[^1].Width) : 0;

    public static DirectConvolution Forward(ConvolutionShape shape, SimdLevel level, bool? pack = null) => new(
        level, shape, shape.Height, shape.Width, shape.InputChannels, shape.OutputChannels,
        PixelClass.ForwardTaps(shape.Height, shape.OutputHeight, shape.KernelHeight, shape.Stride, shape.Padding),
        PixelClass.ForwardTaps(shape.Width, shape.OutputWidth, shape.KernelWidth, shape.Stride, shape.Padding),
        transposeWeights: false, pack);

    public static DirectConvolution DataGradient(ConvolutionShape shape, SimdLevel level, bool? pack = null) => new(
        level, shape, shape.OutputHeight, shape.OutputWidth, shape.OutputChannels, shape.InputChannels,
        PixelClass.DataGradientTaps(shape.Height, shape.OutputHeight, shape.KernelHeight, shape.Stride, shape.Padding),
        PixelClass.DataGradientTaps(shape.Width, shape.OutputWidth, shape.KernelWidth, shape.Stride, shape.Padding),
        transposeWeights: true, pack);

    [SkipLocalsInit]
    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        var transposed = (float*)scratch;
        var packed = transposed + TransposedFloats;
        var panel = packed + packedFloats;
        if (transposeWeights)
        {
            WeightTranspose.Run(b, transposed, kernelHeight, kernelWidth, outputChannels, inputChannels, level);
            b = transposed;
        }

        if (pack)
        {
            WeightPacking.Pack(b, packed, weightTaps, inputChannels, channelsPerBlock, outputChannels, blocks);
        }

        if (clear)
        {
            new Span<float>(result, checked(images * resultPixels * outputChannels)).Clear();
        }

        var chunks = (images + imagesPerChunk - 1) / imagesPerChunk;
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var part = share.Within(chunk, chunks);
            if (!part.IsEmpty)
            {
                var image = chunk * imagesPerChunk;
                var count = Math.Min(imagesPerChunk, images - image);
                RunChunk(
                    count, count == imagesPerChunk ? plan : lastPlan, a + (nint)image * inputImage, pack ? packed : b,
                    result + (nint)image * resultPixels * outputChannels, panel, part);
            }
        }
    }

    private static int Align(int floats) => (floats + 15) & ~15;

    private void RunChunk(int count, GatherPlan chunkPlan, float* input, float* weights, float* result, float* panel, Share share)
    {
        GatherArguments arguments;
        for (var channel = 0; channel < inputChannels; channel += channelsPerBlock)
        {
            var channels = Math.Min(channelsPerBlock, inputChannels - channel);
            arguments.Segments = (channels == channelsPerBlock ? segments : lastSegments).Segments.Pointer;
            arguments.Input = input + channel;
            arguments.Accumulate = channel > 0;
            foreach (var block in blocks)
            {
                if (pack)
                {
                    arguments.Weights = weights;
                    arguments.WeightStep = block.Width;
                    weights += (nint)weightTaps * channels * block.Width;
                }
                else
                {
                    arguments.Weights = weights + (nint)channel * outputChannels + block.First;
                    arguments.WeightStep = outputChannels;
                }

                arguments.Result = block.Partial ? panel : result + block.First;
                arguments.ResultStep = block.Partial ? block.Width : outputChannels;
                if (block.Partial && clear && channel == 0)
                {
                    new Span<float>(panel, count * resultPixels * block.Width).Clear();
                }

                chunkPlan.Run(&arguments, level, block.Vectors, share);
                if (block.Partial && channel + channels == inputChannels)
                {
                    Panel.CopyOut(panel, block.Width, result + block.First, outputChannels, block.Channels, count * resultPixels);
                }
            }
        }
    }
}
