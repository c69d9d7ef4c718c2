namespace FewShot.Compute.Kernels;

/// <summary>The gradient to the weights of <see cref="WinogradConvolution"/>: a matrix product over tiles at each frequency.</summary>
internal sealed unsafe class WinogradWeightGradient : ConvolutionKernel
{
    private const int MaximumRows = 6;

    // Transformed windows and cotangents of one chunk of tiles; every chunk also reads and writes all sums once.
    private const int ChunkBytes = 512 * 1024;
    private const int MinimumChunk = 24;

    private readonly ConvolutionShape shape;
    private readonly SimdLevel level;
    private readonly WinogradTiles tiles;
    private readonly ChannelBlock[] blocks;
    private readonly int chunk;
    private readonly PinnedTable<int> rowOffsets;
    private readonly PinnedTable<PixelPair> pixels;
    private readonly (int Rows, int Count)[] rowGroups;

    public WinogradWeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        this.shape = shape;
        this.level = level;
        tiles = new WinogradTiles(shape, level);
        blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        var tileBytes = WinogradTiles.Frequencies * (shape.InputChannels + shape.OutputChannels) * sizeof(float);
        chunk = GatherPlan.BalancedSizes(tiles.Count, Math.Max(MinimumChunk, ChunkBytes / tileBytes)).First();
        rowOffsets = new PinnedTable<int>(Enumerable.Range(0, shape.InputChannels).ToArray());
        pixels = new PinnedTable<PixelPair>(Enumerable.Range(0, chunk).Select(t => new PixelPair(t * shape.InputChannels, t)).ToArray());
        rowGroups =
        [
            .. GatherPlan.BalancedSizes(shape.InputChannels, MaximumRows).GroupBy(size => size).Select(group => (group.Key, group.Count())),
        ];
    }

    public override string Description => $"weight gradient Winograd 4x4, {chunk} tiles at a time";

    public override int ScratchBytes =>
        (WinogradTiles.Frequencies * (InputFrequency + CotangentFrequency + SumFrequency) + tiles.ScratchFloats) * sizeof(float);

    // A line more than the data, so that frequencies do not compete for the same cache sets.
    private int InputFrequency => chunk * shape.InputChannels + 16;

    private int CotangentFrequency => chunk * shape.OutputChannels + 16;

    private int SumFrequency => shape.InputChannels * shape.OutputChannels + 16;

    public override void Run(float* a, float* b, float* result, byte* scratch)
    {
        var inputs = (float*)scratch;
        var cotangents = inputs + WinogradTiles.Frequencies * InputFrequency;
        var sums = cotangents + WinogradTiles.Frequencies * CotangentFrequency;
        var tileScratch = sums + WinogradTiles.Frequencies * SumFrequency;
        nint blockStep = chunk * blocks[0].Width;
        tiles.PrepareScratch(tileScratch);
        for (var first = 0; first < tiles.Count; first += chunk)
        {
            var count = Math.Min(chunk, tiles.Count - first);
            tiles.TransformInput(a, first, count, inputs, InputFrequency, tileScratch);
            tiles.TransformCotangent(b, first, count, blocks, cotangents, blockStep, CotangentFrequency, tileScratch);
            var nextInput = tiles.PrefetchInput(a, first + count, chunk);
            var nextCotangent = tiles.PrefetchOutput(b, first + count, chunk);
            for (var frequency = 0; frequency < WinogradTiles.Frequencies; frequency++)
            {
                nextInput.Next();
                nextCotangent.Next();
                Multiply(
                    inputs + frequency * InputFrequency, cotangents + frequency * CotangentFrequency, blockStep, count, sums + frequency * SumFrequency,
                    accumulate: first > 0);
            }
        }

        TransformSums(sums, result, tileScratch);
    }

    private void Multiply(float* inputs, float* cotangents, nint blockStep, int count, float* sums, bool accumulate)
    {
        WeightGradientArguments arguments;
        arguments.Accumulate = accumulate;
        arguments.Input = inputs;
        arguments.Pixels = pixels.Pointer;
        arguments.PixelCount = count;
        arguments.Cotangent = cotangents;
        foreach (var block in blocks)
        {
            arguments.RowOffsets = rowOffsets.Pointer;
            arguments.Result = sums + block.First;
            arguments.ResultStep = shape.OutputChannels;
            foreach (var (rows, groupCount) in rowGroups)
            {
                arguments.GroupCount = groupCount;
                Loops.WeightGradient(level, rows, block.Vectors)(&arguments);
                arguments.RowOffsets += groupCount * rows;
                arguments.Result += groupCount * rows * arguments.ResultStep;
            }

            arguments.Cotangent += blockStep;
        }
    }

    private void TransformSums(float* sums, float* result, float* scratch)
    {
        nint tap = shape.InputChannels * shape.OutputChannels;
        tiles.TransformSums(sums, WinogradTiles.Window * (nint)SumFrequency, SumFrequency, result, 3 * tap, tap, (int)tap, scratch);
    }
}
