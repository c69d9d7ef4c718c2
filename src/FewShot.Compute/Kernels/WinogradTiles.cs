namespace FewShot.Compute.Kernels;

/// <summary>
/// The tiles of all images of a stride-1 3×3 convolution, and how a tile's pixels are read and written. A map is cut into as few rows of
/// tiles as tiles of 4 allow, as many of them of 3 as that leaves room for (14 = 4 + 4 + 3 + 3), and its columns likewise: a tile of 3
/// needs one frequency less.
/// </summary>
internal sealed unsafe class WinogradTiles
{
    /// <summary>Frequencies of a tile of 4 along one side; a tile of 3 has all but the last.</summary>
    public const int Side = 6;

    /// <summary>Frequencies: the independent matrix products the convolution becomes.</summary>
    public const int Frequencies = Side * Side;

    /// <summary>Kinds of frequencies by the tiles that have them: all, those of 4 columns, those of 4 rows, and those of both.</summary>
    public const int Kinds = 4;

    private const int LargeTile = 4;
    private const int TemporaryFloats = Frequencies * 16;

    private readonly ConvolutionShape _shape;
    private readonly (int First, int Size)[] _rows;
    private readonly (int First, int Size)[] _columns;

    // By rows and columns of the tile: 44, 43, 34, 33.
    // (rows of the source, its column step, the columns that exist, result, its row and column steps, channels, temporary).
    private readonly delegate* <float**, nint, int, int, float*, nint, nint, int, float*, void>[] _transformInput;
    private readonly delegate* <float**, nint, int, int, float*, nint, nint, int, float*, void>[] _transformCotangent;

    // (source, its row and column steps, result, its row and column steps, rows and columns that exist, channels, temporary).
    private readonly delegate* <float*, nint, nint, float*, nint, nint, int, int, int, float*, void>[] _transformOutput;

    public WinogradTiles(ConvolutionShape shape, SimdLevel level)
    {
        this._shape = shape;
        _rows = Cut(shape.OutputHeight);
        _columns = Cut(shape.OutputWidth);
        Count = shape.Images * TilesPerImage;
        switch (level)
        {
            case SimdLevel.Vector128:
                _transformInput = Loops128.WinogradInputs();
                _transformOutput = Loops128.WinogradOutputs();
                _transformCotangent = Loops128.WinogradCotangents();
                TransformWeights = &Loops128.WinogradWeights;
                TransformSums = &Loops128.WinogradInverse;
                break;
            case SimdLevel.Avx2:
                _transformInput = Loops256.WinogradInputs();
                _transformOutput = Loops256.WinogradOutputs();
                _transformCotangent = Loops256.WinogradCotangents();
                TransformWeights = &Loops256.WinogradWeights;
                TransformSums = &Loops256.WinogradInverse;
                break;
            default:
                _transformInput = Loops512.WinogradInputs();
                _transformOutput = Loops512.WinogradOutputs();
                _transformCotangent = Loops512.WinogradCotangents();
                TransformWeights = &Loops512.WinogradWeights;
                TransformSums = &Loops512.WinogradInverse;
                break;
        }
    }

    public int Count { get; }

    // These take (source, its row and column steps, result, its row and column steps, channels, temporary).
    public delegate* <float*, nint, nint, float*, nint, nint, int, float*, void> TransformWeights { get; }

    public delegate* <float*, nint, nint, float*, nint, nint, int, float*, void> TransformSums { get; }

    /// <summary>Floats of scratch for the transforms' temporary, and for the zeros that rows outside an image are read from.</summary>
    public int ScratchFloats => TemporaryFloats + ZeroFloats;

    /// <summary>Frequencies of all tiles: the products of each pair of an input and an output channel.</summary>
    public long Products => ProductsOf(_shape);

    public int TilesPerImage => _rows.Length * _columns.Length;

    private int ZeroFloats => Side * Math.Max(_shape.InputChannels, _shape.OutputChannels);

    /// <summary>Whether the shape can be computed this way at all.</summary>
    public static bool Fits(ConvolutionShape shape, SimdLevel level) =>
        shape.KernelHeight == 3
        && shape.KernelWidth == 3
        && shape.Stride == 1
        && shape.Padding <= 2
        && shape.InputChannels % level.Floats() == 0
        && shape.OutputChannels % level.Floats() == 0;

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

        const double perTileChannel = 58,
            perWeight = 40,
            margin = 1.05;
        double weights = shape.InputChannels * shape.OutputChannels;
        double products = ProductsOf(shape);
        double direct = shape.SeenMultiplyAdds / 8.0;
        double winograd =
            products * weights / 8
            + products / Frequencies * (shape.InputChannels + shape.OutputChannels) * perTileChannel
            + weights * perWeight;
        return winograd * margin < direct;
    }

    /// <summary>The kind of a frequency; which tiles have it depends on the kind alone.</summary>
    public static int Kind(int frequency) => (frequency / Side == Side - 1 ? 2 : 0) + (frequency % Side == Side - 1 ? 1 : 0);

    /// <summary>Cuts the tiles into a number of chunks, as equal as possible.</summary>
    /// <typeparam name="T">What a chunk needs to know for each kind of frequencies.</typeparam>
    /// <param name="parts">How many chunks to cut into.</param>
    /// <param name="prepare">
    /// Makes what a chunk needs from the tiles of the kind, counted from the chunk's first. Chunks with the same tiles share it.
    /// </param>
    public Chunk<T>[] Chunks<T>(int parts, Func<int[], T> prepare)
    {
        var known = new Dictionary<(int, int), T[]>();
        var chunks = new Chunk<T>[parts];
        for (int i = 0; i < parts; i++)
        {
            (int first, int end) = new Share(i, i + 1, parts).Range(Count);
            int count = end - first;
            (int, int count) key = (first % TilesPerImage, count);
            if (!known.TryGetValue(key, out T[]? kinds))
            {
                known.Add(key, kinds = [.. Enumerable.Range(0, Kinds).Select(kind => prepare(OfKind(kind, first, count)))]);
            }

            chunks[i] = new Chunk<T>(first, count, kinds);
        }

        return chunks;
    }

    /// <summary>Clears the zeros that the transforms read, to be called before them, once in a run.</summary>
    public void PrepareScratch(float* scratch) => new Span<float>(scratch + TemporaryFloats, ZeroFloats).Clear();

    /// <summary>
    /// Transforms the windows of some tiles; frequency f of tile t goes to result + f · frequencyStep + t · inputChannels.
    /// </summary>
    public void TransformInput(float* input, int first, int count, float* result, nint frequencyStep, float* scratch) =>
        TransformInput(input, first, count, 0, _shape.InputChannels, result, frequencyStep, scratch);

    /// <summary>Transforms some channels of the windows of some tiles.</summary>
    public void TransformInput(
        float* input,
        int first,
        int count,
        int firstChannel,
        int channelCount,
        float* result,
        nint frequencyStep,
        float* scratch
    )
    {
        int channels = _shape.InputChannels;
        float** sourceRows = stackalloc float*[Side];
        for (int tile = first; tile < first + count; tile++)
        {
            (int image, (int First, int Size) row, (int First, int Size) column) = Position(tile);
            (int top, int left) = (row.First - _shape.Padding, column.First - _shape.Padding);
            float* source = input + (nint)image * _shape.InputImageFloats + ((nint)top * _shape.Width + left) * channels;
            FindRows(source + firstChannel, _shape.Width * channels, Window(row), top, _shape.Height, scratch, sourceRows);
            _transformInput[Transform(row, column)]
                (
                    sourceRows,
                    channels,
                    Math.Max(0, -left),
                    Math.Min(Window(column), _shape.Width - left),
                    result + firstChannel,
                    Side * frequencyStep,
                    frequencyStep,
                    channelCount,
                    scratch
                );
            result += channels;
        }
    }

    /// <summary>
    /// Transforms the cotangents of some tiles into one panel of <paramref name="blockStep"/> floats per block of channels.
    /// </summary>
    public void TransformCotangent(
        float* cotangent,
        int first,
        int count,
        ChannelBlock[] blocks,
        float* result,
        nint blockStep,
        nint frequencyStep,
        float* scratch
    )
    {
        int channels = _shape.OutputChannels;
        float** sourceRows = stackalloc float*[LargeTile];
        for (int tile = 0; tile < count; tile++)
        {
            (int image, (int First, int Size) row, (int First, int Size) column) = Position(first + tile);
            float* source =
                cotangent + (nint)image * _shape.OutputImageFloats + ((nint)row.First * _shape.OutputWidth + column.First) * channels;
            float* target = result;
            foreach (ChannelBlock block in blocks)
            {
                FindRows(
                    source + block.First,
                    _shape.OutputWidth * channels,
                    row.Size,
                    row.First,
                    _shape.OutputHeight,
                    scratch,
                    sourceRows
                );
                _transformCotangent[Transform(row, column)]
                    (
                        sourceRows,
                        channels,
                        0,
                        Math.Min(column.Size, _shape.OutputWidth - column.First),
                        target + tile * block.Width,
                        Side * frequencyStep,
                        frequencyStep,
                        block.Width,
                        scratch
                    );
                target += blockStep;
            }
        }
    }

    /// <summary>Transforms some tiles' products of one block of channels back and writes the pixels that exist.</summary>
    public void TransformOutput(
        float* products,
        nint frequencyStep,
        int first,
        int count,
        ChannelBlock block,
        float* result,
        float* scratch
    )
    {
        int channels = _shape.OutputChannels;
        for (int tile = first; tile < first + count; tile++)
        {
            (int image, (int First, int Size) row, (int First, int Size) column) = Position(tile);
            float* target =
                result
                + (nint)image * _shape.OutputImageFloats
                + ((nint)row.First * _shape.OutputWidth + column.First) * channels
                + block.First;
            _transformOutput[Transform(row, column)]
                (
                    products,
                    Side * frequencyStep,
                    frequencyStep,
                    target,
                    _shape.OutputWidth * channels,
                    channels,
                    Math.Min(row.Size, _shape.OutputHeight - row.First),
                    Math.Min(column.Size, _shape.OutputWidth - column.First),
                    block.Width,
                    scratch
                );
            products += block.Width;
        }
    }

    /// <summary>
    /// Asks in one part for each frequency for the input that some tiles see; what lies before the first tile is taken to be there.
    /// </summary>
    public Prefetch PrefetchInput(float* input, int first, int count) =>
        PrefetchRows(input, first, count, _shape.InputImageFloats, _shape.Width * _shape.InputChannels, _shape.Height);

    /// <summary>Asks in one part for each frequency for the memory of the result, or its cotangent, that some tiles see.</summary>
    public Prefetch PrefetchOutput(float* output, int first, int count) =>
        PrefetchRows(output, first, count, _shape.OutputImageFloats, _shape.OutputWidth * _shape.OutputChannels, _shape.OutputHeight);

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

        (int firstImage, (int First, int Size) firstRow, (int First, int Size) _) = Position(first);
        (int lastImage, (int First, int Size) lastRow, (int First, int Size) _) = Position(first + count - 1);
        nint start = (nint)firstImage * imageFloats + firstRow.First * rowFloats;
        nint end = (nint)lastImage * imageFloats + Math.Min(lastRow.First + lastRow.Size, height) * rowFloats;
        return new Prefetch(map + start, end - start, Frequencies);
    }

    // Rows outside the image are rows of zeros.
    private static void FindRows(float* source, nint sourceRow, int size, int top, int height, float* scratch, float** sourceRows)
    {
        for (int row = 0; row < size; row++)
        {
            sourceRows[row] = (uint)(top + row) < (uint)height ? source + row * sourceRow : scratch + TemporaryFloats;
        }
    }

    private static (int First, int Size)[] Cut(int size)
    {
        int count = (size + LargeTile - 1) / LargeTile;
        int large = Math.Max(0, size - count * (LargeTile - 1));
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i => i < large ? (i * LargeTile, LargeTile) : (large + i * (LargeTile - 1), LargeTile - 1)),
        ];
    }

    private static long ProductsOf(ConvolutionShape shape) =>
        (long)shape.Images * Cut(shape.OutputHeight).Sum(Window) * Cut(shape.OutputWidth).Sum(Window);

    /// <summary>Rows (or columns) of input that a tile sees, and its frequencies.</summary>
    private static int Window((int First, int Size) side) => side.Size + 2;

    /// <summary>Which of some tiles have the frequencies of a kind, counted from the first.</summary>
    private int[] OfKind(int kind, int first, int count) =>
        [
            .. Enumerable
                .Range(0, count)
                .Where(tile =>
                {
                    (int _, (int First, int Size) row, (int First, int Size) column) = Position(first + tile);
                    return (kind < 2 || row.Size == LargeTile) && (kind % 2 == 0 || column.Size == LargeTile);
                }),
        ];

    private static int Transform((int First, int Size) row, (int First, int Size) column) =>
        (LargeTile - row.Size) * 2 + LargeTile - column.Size;

    private (int Image, (int First, int Size) Row, (int First, int Size) Column) Position(int tile)
    {
        (int image, int inImage) = Math.DivRem(tile, TilesPerImage);
        (int row, int column) = Math.DivRem(inImage, _columns.Length);
        return (image, _rows[row], _columns[column]);
    }
}

/// <summary>Some tiles that are transformed together, and what is known of them for each kind of frequencies.</summary>
internal readonly record struct Chunk<T>(int First, int Count, T[] Kinds)
{
    public int End => First + Count;
}
