using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>The tiles of 4×4 results of all images of a stride-1 3×3 convolution, and how a tile's pixels are read and written.</summary>
internal sealed unsafe class WinogradTiles
{
    public const int Tile = 4;

    /// <summary>Rows (and columns) of input a tile sees.</summary>
    public const int Window = Tile + 2;

    /// <summary>Frequencies: the independent matrix products the convolution becomes.</summary>
    public const int Frequencies = Window * Window;

    private const int TemporaryFloats = Frequencies * 16;

    private readonly ConvolutionShape shape;
    private readonly int rows;
    private readonly int columns;
    private readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> transformInput;
    private readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> transformOutput;
    private readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> transformCotangent;

    public WinogradTiles(ConvolutionShape shape, SimdLevel level)
    {
        this.shape = shape;
        rows = (shape.OutputHeight + Tile - 1) / Tile;
        columns = (shape.OutputWidth + Tile - 1) / Tile;
        Count = shape.Images * rows * columns;
        switch (level)
        {
            case SimdLevel.Vector128:
                transformInput = &Loops128.WinogradInput;
                transformOutput = &Loops128.WinogradOutput;
                transformCotangent = &Loops128.WinogradCotangent;
                TransformWeights = &Loops128.WinogradWeights;
                TransformSums = &Loops128.WinogradInverse;
                break;
            case SimdLevel.Avx2:
                transformInput = &Loops256.WinogradInput;
                transformOutput = &Loops256.WinogradOutput;
                transformCotangent = &Loops256.WinogradCotangent;
                TransformWeights = &Loops256.WinogradWeights;
                TransformSums = &Loops256.WinogradInverse;
                break;
            default:
                transformInput = &Loops512.WinogradInput;
                transformOutput = &Loops512.WinogradOutput;
                transformCotangent = &Loops512.WinogradCotangent;
                TransformWeights = &Loops512.WinogradWeights;
                TransformSums = &Loops512.WinogradInverse;
                break;
        }
    }

    public int Count { get; }

    // Transforms take (source, its row and column steps, result, its row and column steps, channels, temporary).
    public delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> TransformWeights { get; }

    public delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> TransformSums { get; }

    /// <summary>Floats of scratch for one tile's window, copied where it leaves the image, and for the transforms' temporary.</summary>
    public int ScratchFloats => TemporaryFloats + Frequencies * Math.Max(shape.InputChannels, shape.OutputChannels);

    /// <summary>Whether the shape can be computed this way at all.</summary>
    public static bool Fits(ConvolutionShape shape, SimdLevel level) =>
        shape.KernelHeight == 3 && shape.KernelWidth == 3 && shape.Stride == 1 && shape.Padding <= 2
        && shape.InputChannels % level.Floats() == 0 && shape.OutputChannels % level.Floats() == 0;

    /// <summary>
    /// Whether it is faster than the direct loops, by a model fitted to measurements of maps 3×3 to 42×42 with 32 to 128 channels: in
    /// units of one multiply-add of vectors, transforming a tile costs 58 per channel and transforming the weights 18 per weight.
    /// </summary>
    public static bool Pays(ConvolutionShape shape, SimdLevel level)
    {
        if (!Fits(shape, level))
        {
            return false;
        }

        const double perTileChannel = 58, perWeight = 18, margin = 1.05;
        double weights = shape.InputChannels * shape.OutputChannels;
        double tiles = shape.Images * ((shape.OutputHeight + Tile - 1) / Tile) * ((shape.OutputWidth + Tile - 1) / Tile);
        double taps = shape.Images * SeenTaps(shape.Height, shape.OutputHeight) * SeenTaps(shape.Width, shape.OutputWidth);
        var direct = taps * weights / 8;
        var winograd = tiles * Frequencies * weights / 8 + tiles * (shape.InputChannels + shape.OutputChannels) * perTileChannel + weights * perWeight;
        return winograd * margin < direct;

        double SeenTaps(int size, int resultSize) => PixelClass.ForwardTaps(size, resultSize, 3, 1, shape.Padding).Sum(taps => taps.Length);
    }

    /// <summary>Transforms the windows of some tiles; frequency f of tile t goes to result + f · frequencyStep + t · inputChannels.</summary>
    public void TransformInput(float* input, int first, int count, float* result, nint frequencyStep, float* scratch) =>
        TransformInput(input, first, count, 0, shape.InputChannels, result, frequencyStep, scratch);

    /// <summary>Transforms some channels of the windows of some tiles.</summary>
    public void TransformInput(
        float* input, int first, int count, int firstChannel, int channelCount, float* result, nint frequencyStep, float* scratch)
    {
        var channels = shape.InputChannels;
        var temporary = scratch;
        var window = scratch + TemporaryFloats;
        for (var tile = first; tile < first + count; tile++)
        {
            var (image, row, column) = Position(tile);
            var top = row - shape.Padding;
            var left = column - shape.Padding;
            var source = input + (nint)image * shape.InputImageFloats + ((nint)top * shape.Width + left) * channels;
            nint sourceRow = shape.Width * channels;
            if (top < 0 || left < 0 || top + Window > shape.Height || left + Window > shape.Width)
            {
                CopyIn(source, sourceRow, window, Window, channels, top, left, shape.Height, shape.Width);
                source = window;
                sourceRow = Window * channels;
            }

            transformInput(
                source + firstChannel, sourceRow, channels, result + firstChannel, Window * frequencyStep, frequencyStep, channelCount, temporary);
            result += channels;
        }
    }

    /// <summary>Transforms the cotangents of some tiles into one panel of <paramref name="blockStep"/> floats per block of channels.</summary>
    public void TransformCotangent(
        float* cotangent, int first, int count, ChannelBlock[] blocks, float* result, nint blockStep, nint frequencyStep, float* scratch)
    {
        var channels = shape.OutputChannels;
        var temporary = scratch;
        var window = scratch + TemporaryFloats;
        for (var tile = 0; tile < count; tile++)
        {
            var (image, row, column) = Position(first + tile);
            var source = cotangent + (nint)image * shape.OutputImageFloats + ((nint)row * shape.OutputWidth + column) * channels;
            nint sourceRow = shape.OutputWidth * channels;
            if (row + Tile > shape.OutputHeight || column + Tile > shape.OutputWidth)
            {
                CopyIn(source, sourceRow, window, Tile, channels, row, column, shape.OutputHeight, shape.OutputWidth);
                source = window;
                sourceRow = Tile * channels;
            }

            var target = result;
            foreach (var block in blocks)
            {
                transformCotangent(
                    source + block.First, sourceRow, channels, target + tile * block.Width, Window * frequencyStep, frequencyStep, block.Width,
                    temporary);
                target += blockStep;
            }
        }
    }

    /// <summary>Transforms some tiles' products of one block of channels back and writes the pixels that exist.</summary>
    public void TransformOutput(float* products, nint frequencyStep, int first, int count, ChannelBlock block, float* result, float* scratch)
    {
        var channels = shape.OutputChannels;
        var temporary = scratch;
        var window = scratch + TemporaryFloats;
        for (var tile = first; tile < first + count; tile++)
        {
            var (image, row, column) = Position(tile);
            var target = result + (nint)image * shape.OutputImageFloats + ((nint)row * shape.OutputWidth + column) * channels + block.First;
            nint targetRow = shape.OutputWidth * channels;
            if (row + Tile <= shape.OutputHeight && column + Tile <= shape.OutputWidth)
            {
                transformOutput(products, Window * frequencyStep, frequencyStep, target, targetRow, channels, block.Width, temporary);
            }
            else
            {
                transformOutput(products, Window * frequencyStep, frequencyStep, window, Tile * block.Width, block.Width, block.Width, temporary);
                for (var r = 0; r < Math.Min(Tile, shape.OutputHeight - row); r++)
                {
                    for (var c = 0; c < Math.Min(Tile, shape.OutputWidth - column); c++)
                    {
                        Unsafe.CopyBlock(
                            target + r * targetRow + c * channels, window + (r * Tile + c) * block.Width, (uint)(block.Width * sizeof(float)));
                    }
                }
            }

            products += block.Width;
        }
    }

    private static void CopyIn(
        float* source, nint sourceRow, float* window, int size, int channels, int top, int left, int height, int width)
    {
        var firstColumn = Math.Max(0, -left);
        var endColumn = Math.Min(size, width - left);
        for (var row = 0; row < size; row++)
        {
            var target = new Span<float>(window + row * size * channels, size * channels);
            if (top + row < 0 || top + row >= height || endColumn <= firstColumn)
            {
                target.Clear();
                continue;
            }

            target[..(firstColumn * channels)].Clear();
            new Span<float>(source + row * sourceRow + firstColumn * channels, (endColumn - firstColumn) * channels)
                .CopyTo(target[(firstColumn * channels)..]);
            target[(endColumn * channels)..].Clear();
        }
    }

    private (int Image, int Row, int Column) Position(int tile)
    {
        var (image, inImage) = Math.DivRem(tile, rows * columns);
        var (row, column) = Math.DivRem(inImage, columns);
        return (image, row * Tile, column * Tile);
    }
}
