using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>
/// Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"): windows and weights
/// are transformed to 6×6 frequencies, multiplied as matrices tile × channel by channel × channel, and transformed back. Tiles of 3 rows or
/// columns have one frequency less there.
/// </summary>
internal sealed unsafe class WinogradConvolution : ConvolutionKernel
{
    // Transformed windows of one chunk of tiles, meant to share the second-level cache with the transformed weights.
    private const int ChunkBytes = 296 * 1024;
    private const int MinimumChunk = 16;

    private readonly ConvolutionShape _shape;
    private readonly SimdLevel _level;
    private readonly bool _dataGradient;
    private readonly WinogradTiles _tiles;
    private readonly ChannelBlock[] _blocks;
    private readonly Chunk<(int Pixels, PinnedTable<int> Groups)[]>[] _chunks;
    private readonly int _chunk;
    private readonly PinnedTable<Segment> _segment;
    private readonly int _weightFloats;

    private WinogradConvolution(ConvolutionShape shape, SimdLevel level, bool dataGradient)
    {
        this._shape = shape;
        this._level = level;
        this._dataGradient = dataGradient;
        _tiles = new WinogradTiles(shape, level);
        _blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        int tileBytes = WinogradTiles.Frequencies * (shape.InputChannels + _blocks[0].Width) * sizeof(float);
        int parts = GatherPlan.BalancedSizes(_tiles.Count, Math.Max(MinimumChunk, ChunkBytes / tileBytes)).Count();

        // An even number of chunks where there are few, so that two threads have the same work.
        _chunks = _tiles.Chunks(parts is > 1 and < 10 ? parts & ~1 : parts, Groups);
        _chunk = _chunks.Max(part => part.Count);
        _weightFloats = _blocks.Sum(block => WinogradTiles.Frequencies * BlockFrequency(block));
        _segment = new PinnedTable<Segment>([new Segment(0, shape.InputChannels, 0)]);
    }

    public override string Description => $"Winograd, {_chunk} tiles at a time";

    public override long Products => _tiles.Products * _shape.InputChannels * _shape.OutputChannels;

    public override int ScratchBytes =>
        (TransposedFloats + _weightFloats + InputFloats + ProductFloats + _tiles.ScratchFloats) * sizeof(float);

    public override int Pieces => _chunks.Length;

    private int TransposedFloats => _dataGradient ? 9 * _shape.InputChannels * _shape.OutputChannels : 0;

    private int InputFloats => WinogradTiles.Frequencies * InputFrequency;

    private int ProductFloats => WinogradTiles.Frequencies * ProductFrequency;

    // A line more than the data, so that frequencies do not compete for the same cache sets.
    private int InputFrequency => _chunk * _shape.InputChannels + 16;

    private int ProductFrequency => _chunk * _blocks[0].Width + 16;

    public static WinogradConvolution Forward(ConvolutionShape shape, SimdLevel level) => new(shape, level, dataGradient: false);

    /// <summary>The gradient to the data is the forward map with flipped, transposed weights and the complementary padding.</summary>
    public static WinogradConvolution DataGradient(ConvolutionShape shape, SimdLevel level) =>
        new(
            shape with
            {
                Height = shape.OutputHeight,
                Width = shape.OutputWidth,
                InputChannels = shape.OutputChannels,
                OutputChannels = shape.InputChannels,
                Padding = 2 - shape.Padding,
            },
            level,
            dataGradient: true
        );

    [SkipLocalsInit]
    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        float* transposed = (float*)scratch;
        float* weights = transposed + TransposedFloats;
        float* inputs = weights + _weightFloats;
        float* products = inputs + InputFloats;
        float* tileScratch = products + ProductFloats;
        if (_dataGradient)
        {
            WeightTranspose.Run(b, transposed, 3, 3, _shape.OutputChannels, _shape.InputChannels, _level);
            b = transposed;
        }

        TransformWeights(b, weights, tileScratch);
        _tiles.PrepareScratch(tileScratch);
        (int begin, int end) = share.Range(_chunks.Length);
        for (int i = begin; i < end; i++)
        {
            Chunk<(int Pixels, PinnedTable<int> Groups)[]> part = _chunks[i];
            _tiles.TransformInput(a, part.First, part.Count, inputs, InputFrequency, tileScratch);
            float* blockWeights = weights;
            Prefetch nextInput = _tiles.PrefetchInput(a, part.End, i + 1 < end ? _chunks[i + 1].Count : 0);
            Prefetch nextResult = _tiles.PrefetchOutput(result, part.First, part.Count);
            foreach (ChannelBlock block in _blocks)
            {
                nint weightStep = BlockFrequency(block);
                Multiply(part.Kinds, inputs, blockWeights, weightStep, products, block, ref nextInput, ref nextResult);
                _tiles.TransformOutput(products, ProductFrequency, part.First, part.Count, block, result, tileScratch);
                blockWeights += WinogradTiles.Frequencies * weightStep;
            }
        }
    }

    private int BlockFrequency(ChannelBlock block) => _shape.InputChannels * block.Width + 16;

    // Layout: [block][frequency][input channel][width].
    private void TransformWeights(float* source, float* weights, float* scratch)
    {
        nint tap = _shape.InputChannels * _shape.OutputChannels;
        foreach (ChannelBlock block in _blocks)
        {
            nint step = BlockFrequency(block);
            for (int channel = 0; channel < _shape.InputChannels; channel++)
            {
                _tiles.TransformWeights(
                    source + (nint)channel * _shape.OutputChannels + block.First,
                    3 * tap,
                    tap,
                    weights + channel * block.Width,
                    WinogradTiles.Side * step,
                    step,
                    block.Width,
                    scratch
                );
            }

            weights += WinogradTiles.Frequencies * step;
        }
    }

    private void Multiply(
        (int Pixels, PinnedTable<int> Groups)[][] kinds,
        float* inputs,
        float* weights,
        nint weightStep,
        float* products,
        ChannelBlock block,
        ref Prefetch nextInput,
        ref Prefetch nextResult
    )
    {
        GatherArguments arguments;
        arguments.Accumulate = false;
        arguments.Segments = _segment.Pointer;
        arguments.WeightStep = block.Width;
        arguments.ResultStep = block.Width;
        for (int frequency = 0; frequency < WinogradTiles.Frequencies; frequency++)
        {
            nextInput.Next();
            nextResult.Next();
            arguments.Input = inputs + (nint)frequency * InputFrequency;
            arguments.Weights = weights + frequency * weightStep;
            arguments.Result = products + (nint)frequency * ProductFrequency;
            foreach ((int pixels, PinnedTable<int>? table) in kinds[WinogradTiles.Kind(frequency)])
            {
                arguments.Groups = table.Pointer;
                arguments.GroupCount = table.Length / (2 + 2 * pixels);
                Loops.Gather(_level, pixels, block.Vectors)(&arguments);
            }
        }
    }

    private (int Pixels, PinnedTable<int> Groups)[] Groups(int[] some)
    {
        int first = 0;
        var lists = new SortedDictionary<int, List<int>>();
        foreach (int size in GatherPlan.BalancedSizes(some.Length, 6))
        {
            if (!lists.TryGetValue(size, out List<int>? list))
            {
                lists.Add(size, list = []);
            }

            int[] group = some[first..(first + size)];
            list.AddRange([0, 1]);
            list.AddRange(group.Select(tile => tile * _shape.InputChannels));
            list.AddRange(group);
            first += size;
        }

        return [.. lists.Select(list => (list.Key, new PinnedTable<int>(list.Value.ToArray())))];
    }
}
