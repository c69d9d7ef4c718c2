using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>
/// Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"): windows and weights
/// are transformed to 6×6 frequencies, multiplied as matrices tile × channel by channel × channel, and transformed back. Tiles of 3 rows or columns
/// have one frequency less there.
/// </summary>
internal sealed unsafe class WinogradConvolution : ConvolutionKernel
{
    // Transformed windows of one chunk of tiles, meant to share the second-level cache with the transformed weights.
    private const int ChunkBytes = 296 * 1024;
    private const int MinimumChunk = 16;

    private readonly ConvolutionShape shape;
    private readonly SimdLevel level;
    private readonly bool dataGradient;
    private readonly WinogradTiles tiles;
    private readonly ChannelBlock[] blocks;
    private readonly Chunk<(int Pixels, PinnedTable<int> Groups)[]>[] chunks;
    private readonly int chunk;
    private readonly PinnedTable<Segment> segment;
    private readonly int weightFloats;

    private WinogradConvolution(ConvolutionShape shape, SimdLevel level, bool dataGradient)
    {
        this.shape = shape;
        this.level = level;
        this.dataGradient = dataGradient;
        tiles = new WinogradTiles(shape, level);
        blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        var tileBytes = WinogradTiles.Frequencies * (shape.InputChannels + blocks[0].Width) * sizeof(float);
        var parts = GatherPlan.BalancedSizes(tiles.Count, Math.Max(MinimumChunk, ChunkBytes / tileBytes)).Count();

        // An even number of chunks where there are few, so that two threads have the same work.
        chunks = tiles.Chunks(parts is > 1 and < 10 ? parts & ~1 : parts, Groups);
        chunk = chunks.Max(part => part.Count);
        weightFloats = blocks.Sum(block => WinogradTiles.Frequencies * BlockFrequency(block));
        segment = new PinnedTable<Segment>([new Segment(0, shape.InputChannels, 0)]);
    }

    public override string Description => $"Winograd, {chunk} tiles at a time";

    public override long Products => tiles.Products * shape.InputChannels * shape.OutputChannels;

    public override int ScratchBytes => (TransposedFloats + weightFloats + InputFloats + ProductFloats + tiles.ScratchFloats) * sizeof(float);

    public override int Pieces => chunks.Length;

    private int TransposedFloats => dataGradient ? 9 * shape.InputChannels * shape.OutputChannels : 0;

    private int InputFloats => WinogradTiles.Frequencies * InputFrequency;

    private int ProductFloats => WinogradTiles.Frequencies * ProductFrequency;

    // A line more than the data, so that frequencies do not compete for the same cache sets.
    private int InputFrequency => chunk * shape.InputChannels + 16;

    private int ProductFrequency => chunk * blocks[0].Width + 16;

    public static WinogradConvolution Forward(ConvolutionShape shape, SimdLevel level) => new(shape, level, dataGradient: false);

    /// <summary>The gradient to the data is the forward map with flipped, transposed weights and the complementary padding.</summary>
    public static WinogradConvolution DataGradient(ConvolutionShape shape, SimdLevel level) => new(
        shape with
        {
            Height = shape.OutputHeight,
            Width = shape.OutputWidth,
            InputChannels = shape.OutputChannels,
            OutputChannels = shape.InputChannels,
            Padding = 2 - shape.Padding,
        },
        level, dataGradient: true);

    [SkipLocalsInit]
    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        var transposed = (float*)scratch;
        var weights = transposed + TransposedFloats;
        var inputs = weights + weightFloats;
        var products = inputs + InputFloats;
        var tileScratch = products + ProductFloats;
        if (dataGradient)
        {
            WeightTranspose.Run(b, transposed, 3, 3, shape.OutputChannels, shape.InputChannels, level);
            b = transposed;
        }

        TransformWeights(b, weights, tileScratch);
        tiles.PrepareScratch(tileScratch);
        var (begin, end) = share.Range(chunks.Length);
        for (var i = begin; i < end; i++)
        {
            var part = chunks[i];
            tiles.TransformInput(a, part.First, part.Count, inputs, InputFrequency, tileScratch);
            var blockWeights = weights;
            var nextInput = tiles.PrefetchInput(a, part.End, i + 1 < end ? chunks[i + 1].Count : 0);
            var nextResult = tiles.PrefetchOutput(result, part.First, part.Count);
            foreach (var block in blocks)
            {
                nint weightStep = BlockFrequency(block);
                Multiply(part.Kinds, inputs, blockWeights, weightStep, products, block, ref nextInput, ref nextResult);
                tiles.TransformOutput(products, ProductFrequency, part.First, part.Count, block, result, tileScratch);
                blockWeights += WinogradTiles.Frequencies * weightStep;
            }
        }
    }

    private int BlockFrequency(ChannelBlock block) => shape.InputChannels * block.Width + 16;

    // Layout: [block][frequency][input channel][width].
    private void TransformWeights(float* source, float* weights, float* scratch)
    {
        nint tap = shape.InputChannels * shape.OutputChannels;
        foreach (var block in blocks)
        {
            nint step = BlockFrequency(block);
            for (var channel = 0; channel < shape.InputChannels; channel++)
            {
                tiles.TransformWeights(
                    source + (nint)channel * shape.OutputChannels + block.First, 3 * tap, tap, weights + channel * block.Width,
                    WinogradTiles.Side * step, step, block.Width, scratch);
            }

            weights += WinogradTiles.Frequencies * step;
        }
    }

    private void Multiply(
        (int Pixels, PinnedTable<int> Groups)[][] kinds, float* inputs, float* weights, nint weightStep, float* products, ChannelBlock block,
        ref Prefetch nextInput, ref Prefetch nextResult)
    {
        GatherArguments arguments;
        arguments.Accumulate = false;
        arguments.Segments = segment.Pointer;
        arguments.WeightStep = block.Width;
        arguments.ResultStep = block.Width;
        for (var frequency = 0; frequency < WinogradTiles.Frequencies; frequency++)
        {
            nextInput.Next();
            nextResult.Next();
            arguments.Input = inputs + (nint)frequency * InputFrequency;
            arguments.Weights = weights + frequency * weightStep;
            arguments.Result = products + (nint)frequency * ProductFrequency;
            foreach (var (pixels, table) in kinds[WinogradTiles.Kind(frequency)])
            {
                arguments.Groups = table.Pointer;
                arguments.GroupCount = table.Length / (2 + 2 * pixels);
                Loops.Gather(level, pixels, block.Vectors)(&arguments);
            }
        }
    }

    private (int Pixels, PinnedTable<int> Groups)[] Groups(int[] some)
    {
        var first = 0;
        var lists = new SortedDictionary<int, List<int>>();
        foreach (var size in GatherPlan.BalancedSizes(some.Length, 6))
        {
            if (!lists.TryGetValue(size, out var list))
            {
                lists.Add(size, list = []);
            }

            var group = some[first..(first + size)];
            list.AddRange([0, 1]);
            list.AddRange(group.Select(tile => tile * shape.InputChannels));
            list.AddRange(group);
            first += size;
        }

        return [.. lists.Select(list => (list.Key, new PinnedTable<int>(list.Value.ToArray())))];
    }
}
