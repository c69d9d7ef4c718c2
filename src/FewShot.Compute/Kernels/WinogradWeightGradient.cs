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
    private readonly Chunk<PinnedTable<PixelPair>>[] chunks;
    private readonly int chunk;
    private readonly PinnedTable<int> rowOffsets;

    public WinogradWeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        this.shape = shape;
        this.level = level;
        tiles = new WinogradTiles(shape, level);
        blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        var tileBytes = WinogradTiles.Frequencies * (shape.InputChannels + shape.OutputChannels) * sizeof(float);
        chunks = tiles.Chunks(
            GatherPlan.BalancedSizes(tiles.Count, Math.Max(MinimumChunk, ChunkBytes / tileBytes)).Count(),
            some => new PinnedTable<PixelPair>([.. some.Select(tile => new PixelPair(tile * shape.InputChannels, tile))]));
        chunk = chunks.Max(part => part.Count);
        rowOffsets = new PinnedTable<int>(Enumerable.Range(0, shape.InputChannels).ToArray());
    }

    public override string Description => $"weight gradient Winograd, {chunk} tiles at a time";

    public override long Products => tiles.Products * shape.InputChannels * shape.OutputChannels;

    public override int ScratchBytes =>
        (WinogradTiles.Frequencies * (InputFrequency + CotangentFrequency + SumFrequency) + tiles.ScratchFloats) * sizeof(float);

    // Vectors of input channels: each thread has some rows of the gradient, and every thread transforms all cotangents.
    public override int Pieces => shape.InputChannels / level.Floats();

    // A line more than the data, so that frequencies do not compete for the same cache sets.
    private int InputFrequency => chunk * shape.InputChannels + 16;

    private int CotangentFrequency => chunk * shape.OutputChannels + 16;

    private int SumFrequency => shape.InputChannels * shape.OutputChannels + 16;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        var (firstVector, endVector) = share.Range(Pieces);
        var firstRow = firstVector * level.Floats();
        var rows = (endVector - firstVector) * level.Floats();
        var inputs = (float*)scratch;
        var cotangents = inputs + WinogradTiles.Frequencies * InputFrequency;
        var sums = cotangents + WinogradTiles.Frequencies * CotangentFrequency;
        var tileScratch = sums + WinogradTiles.Frequencies * SumFrequency;
        nint blockStep = chunk * blocks[0].Width;
        tiles.PrepareScratch(tileScratch);
        for (var i = 0; i < chunks.Length; i++)
        {
            var part = chunks[i];
            tiles.TransformInput(a, part.First, part.Count, firstRow, rows, inputs, InputFrequency, tileScratch);
            tiles.TransformCotangent(b, part.First, part.Count, blocks, cotangents, blockStep, CotangentFrequency, tileScratch);
            var nextCount = i + 1 < chunks.Length ? chunks[i + 1].Count : 0;
            var nextInput = tiles.PrefetchInput(a, part.End, nextCount);
            var nextCotangent = tiles.PrefetchOutput(b, part.End, nextCount);
            for (var frequency = 0; frequency < WinogradTiles.Frequencies; frequency++)
            {
                nextInput.Next();
                nextCotangent.Next();
                Multiply(
                    inputs + frequency * InputFrequency, cotangents + frequency * CotangentFrequency, blockStep, part.Kinds[WinogradTiles.Kind(frequency)],
                    sums + frequency * SumFrequency, firstRow, rows, accumulate: i > 0);
            }
        }

        TransformSums(sums, result, firstRow, rows, tileScratch);
    }

    private void Multiply(
        float* inputs, float* cotangents, nint blockStep, PinnedTable<PixelPair> pixels, float* sums, int firstRow, int rows, bool accumulate)
    {
        if (pixels.Length == 0)
        {
            if (!accumulate)
            {
                new Span<float>(sums + firstRow * shape.OutputChannels, rows * shape.OutputChannels).Clear();
            }

            return;
        }

        // As few groups of rows as there can be, as equal as possible, larger ones first.
        var groups = (rows + MaximumRows - 1) / MaximumRows;
        var (small, large) = Math.DivRem(rows, groups);
        WeightGradientArguments arguments;
        arguments.Accumulate = accumulate;
        arguments.Input = inputs;
        arguments.Pixels = pixels.Pointer;
        arguments.PixelCount = pixels.Length;
        arguments.Cotangent = cotangents;
        foreach (var block in blocks)
        {
            arguments.RowOffsets = rowOffsets.Pointer + firstRow;
            arguments.ResultStep = shape.OutputChannels;
            arguments.Result = sums + firstRow * arguments.ResultStep + block.First;
            RunGroups(&arguments, small + 1, large, block.Vectors);
            RunGroups(&arguments, small, groups - large, block.Vectors);
            arguments.Cotangent += blockStep;
        }
    }

    private void RunGroups(WeightGradientArguments* arguments, int rows, int count, int vectors)
    {
        if (count > 0)
        {
            arguments->GroupCount = count;
            Loops.WeightGradient(level, rows, vectors)(arguments);
            arguments->RowOffsets += count * rows;
            arguments->Result += count * rows * arguments->ResultStep;
        }
    }

    private void TransformSums(float* sums, float* result, int firstRow, int rows, float* scratch)
    {
        nint tap = shape.InputChannels * shape.OutputChannels;
        nint start = firstRow * shape.OutputChannels;
        tiles.TransformSums(
            sums + start, WinogradTiles.Side * (nint)SumFrequency, SumFrequency, result + start, 3 * tap, tap, rows * shape.OutputChannels, scratch);
    }
}
