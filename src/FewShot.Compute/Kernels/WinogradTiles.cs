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
    // (rows of the source, its column step, the columns that exist, result, its row and column steps, channels, temporary).
    private readonly delegate*<float**, nint, int, int, float*, nint, nint, int, float*, void> transformInput;
    private readonly delegate*<float**, nint, int, int, float*, nint, nint, int, float*, void> transformCotangent;

    // (source, its row and column steps, result, its row and column steps, rows and columns that exist, channels, temporary).
    private readonly delegate*<float*, nint, nint, float*, nint, nint, int, int, int, float*, void> transformOutput;

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

    // These take (source, its row and column steps, result, its row and column steps, channels, temporary).
    public delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> TransformWeights { get; }

    public delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> TransformSums { get; }

    /// <summary>Floats of scratch for the transforms' temporary, and for the zeros that rows outside an image are read from.</summary>
    public int ScratchFloats => TemporaryFloats + ZeroFloats;

    private int ZeroFloats => Window * Math.Max(shape.InputChannels, shape.OutputChannels);

    /// <summary>Whether the shape can be computed this way at all.</summary>
    public static bool Fits(ConvolutionShape shape, SimdLevel level) =>
        shape.KernelHeight == 3 && shape.KernelWidth == 3 && shape.Stride == 1 && shape.Padding <= 2
        && shape.InputChannels % level.Floats() == 0 && shape.OutputChannels % level.Floats() == 0;

    /// <summary>
    /// Whether it is faster than the direct loops, by a model fitted to measurements of maps 3×3 to 42×42 with 32 to 128 channels: in
    /// units of one multiply-add of vectors, transforming a tile costs 58 per channel and transforming the weights 40 per weight.
    /// </summary>
    public static bool Pays(ConvolutionShape shape, SimdLevel level)
    {
        if (!Fits(shape, level))
        {
            return false;
        }

        const double perTileChannel = 58, perWeight = 40, margin = 1.05;
        double weights = shape.InputChannels * shape.OutputChannels;
        double tiles = shape.Images * ((shape.OutputHeight + Tile - 1) / Tile) * ((shape.OutputWidth + Tile - 1) / Tile);
        double taps = shape.Images * SeenTaps(shape.Height, shape.OutputHeight) * SeenTaps(shape.Width, shape.OutputWidth);
        var direct = taps * weights / 8;
        var winograd = tiles * Frequencies * weights / 8 + tiles * (shape.InputChannels + shape.OutputChannels) * perTileChannel + weights * perWeight;
        return winograd * margin < direct;

        double SeenTaps(int size, int resultSize) => PixelClass.ForwardTaps(size, resultSize, 3, 1, shape.Padding).Sum(taps => taps.Length);
    }

    /// <summary>To be called before the transforms, once in a run.</summary>
    public void PrepareScratch(float* scratch) => new Span<float>(scratch + TemporaryFloats, ZeroFloats).Clear();

    /// <summary>Transforms the windows of some tiles; frequency f of tile t goes to result + f · frequencyStep + t · inputChannels.</summary>
    public void TransformInput(float* input, int first, int count, float* result, nint frequencyStep, float* scratch) =>
        TransformInput(input, first, count, 0, shape.InputChannels, result, frequencyStep, scratch);

    /// <summary>Transforms some channels of the windows of some tiles.</summary>
    public void TransformInput(
        float* input, int first, int count, int firstChannel, int channelCount, float* result, nint frequencyStep, float* scratch)
    {
        var channels = shape.InputChannels;
        var sourceRows = stackalloc float*[Window];
        for (var tile = first; tile < first + count; tile++)
        {
            var (image, row, column) = Position(tile);
            var (top, left) = (row - shape.Padding, column - shape.Padding);
            var source = input + (nint)image * shape.InputImageFloats + ((nint)top * shape.Width + left) * channels;
            FindRows(source + firstChannel, shape.Width * channels, Window, top, shape.Height, scratch, sourceRows);
            transformInput(
                sourceRows, channels, Math.Max(0, -left), Math.Min(Window, shape.Width - left), result + firstChannel, Window * frequencyStep, frequencyStep,
                channelCount, scratch);
            result += channels;
        }
    }

    /// <summary>Transforms the cotangents of some tiles into one panel of <paramref name="blockStep"/> floats per block of channels.</summary>
    public void TransformCotangent(
        float* cotangent, int first, int count, ChannelBlock[] blocks, float* result, nint blockStep, nint frequencyStep, float* scratch)
    {
        var channels = shape.OutputChannels;
        var sourceRows = stackalloc float*[Tile];
        for (var tile = 0; tile < count; tile++)
        {
            var (image, row, column) = Position(first + tile);
            var source = cotangent + (nint)image * shape.OutputImageFloats + ((nint)row * shape.OutputWidth + column) * channels;
            var target = result;
            foreach (var block in blocks)
            {
                FindRows(source + block.First, shape.OutputWidth * channels, Tile, row, shape.OutputHeight, scratch, sourceRows);
                transformCotangent(
                    sourceRows, channels, 0, Math.Min(Tile, shape.OutputWidth - column), target + tile * block.Width, Window * frequencyStep, frequencyStep,
                    block.Width, scratch);
                target += blockStep;
            }
        }
    }

    /// <summary>Transforms some tiles' products of one block of channels back and writes the pixels that exist.</summary>
    public void TransformOutput(float* products, nint frequencyStep, int first, int count, ChannelBlock block, float* result, float* scratch)
    {
        var channels = shape.OutputChannels;
        for (var tile = first; tile < first + count; tile++)
        {
            var (image, row, column) = Position(tile);
            var target = result + (nint)image * shape.OutputImageFloats + ((nint)row * shape.OutputWidth + column) * channels + block.First;
            transformOutput(
                products, Window * frequencyStep, frequencyStep, target, shape.OutputWidth * channels, channels,
                Math.Min(Tile, shape.OutputHeight - row), Math.Min(Tile, shape.OutputWidth - column), block.Width, scratch);
            products += block.Width;
        }
    }

    /// <summary>Asks in one part for each frequency for the input that some tiles see; what lies before the first tile is taken to be there.</summary>
    public Prefetch PrefetchInput(float* input, int first, int count) =>
        PrefetchRows(input, first, count, shape.InputImageFloats, shape.Width * shape.InputChannels, shape.Height);

    /// <summary>The same for the result, or its cotangent.</summary>
    public Prefetch PrefetchOutput(float* output, int first, int count) =>
        PrefetchRows(output, first, count, shape.OutputImageFloats, shape.OutputWidth * shape.OutputChannels, shape.OutputHeight);

    private Prefetch PrefetchRows(float* map, int first, int count, int imageFloats, int rowFloats, int height)
    {
        if (first + count > Count)
        {
            count = Count - first;
        }

        if (count <= 0)
        {
            return default;
        }

        var (firstImage, firstRow, _) = Position(first);
        var (lastImage, lastRow, _) = Position(first + count - 1);
        var start = (nint)firstImage * imageFloats + firstRow * rowFloats;
        var end = (nint)lastImage * imageFloats + Math.Min(lastRow + Tile, height) * rowFloats;
        return new Prefetch(map + start, end - start, Frequencies);
    }

    // Rows outside the image are rows of zeros.
    private static void FindRows(float* source, nint sourceRow, int size, int top, int height, float* scratch, float** sourceRows)
    {
        for (var row = 0; row < size; row++)
        {
            sourceRows[row] = (uint)(top + row) < (uint)height ? source + row * sourceRow : scratch + TemporaryFloats;
        }
    }

    private (int Image, int Row, int Column) Position(int tile)
    {
        var (image, inImage) = Math.DivRem(tile, rows * columns);
        var (row, column) = Math.DivRem(inImage, columns);
        return (image, row * Tile, column * Tile);
    }
}
