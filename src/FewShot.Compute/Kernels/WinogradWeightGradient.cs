namespace FewShot.Compute.Kernels;

/// <summary>The gradient to the weights of <see cref="WinogradConvolution"/>: a matrix product over tiles at each frequency.</summary>
internal sealed unsafe class WinogradWeightGradient : ConvolutionKernel
{
    private const int MaximumRows = 6;

    // Transformed windows and cotangents of one chunk of tiles; every chunk also reads and writes all sums once.
    private const int ChunkBytes = 512 * 1024;
    private const int MinimumChunk = 24;

    private readonly ConvolutionShape _shape;
    private readonly SimdLevel _level;
    private readonly WinogradTiles _tiles;
    private readonly ChannelBlock[] _blocks;
    private readonly Chunk<PinnedTable<PixelPair>>[] _chunks;
    private readonly int _chunk;
    private readonly PinnedTable<int> _rowOffsets;

    public WinogradWeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        this._shape = shape;
        this._level = level;
        _tiles = new WinogradTiles(shape, level);
        _blocks = ChannelBlock.Cut(shape.OutputChannels, level, level.BlockVectors());
        int tileBytes = WinogradTiles.Frequencies * (shape.InputChannels + shape.OutputChannels) * sizeof(float);
        _chunks = _tiles.Chunks(
            GatherPlan.BalancedSizes(_tiles.Count, Math.Max(MinimumChunk, ChunkBytes / tileBytes)).Count(),
            some => new PinnedTable<PixelPair>([.. some.Select(tile => new PixelPair(tile * shape.InputChannels, tile))])
        );
        _chunk = _chunks.Max(part => part.Count);
        _rowOffsets = new PinnedTable<int>(Enumerable.Range(0, shape.InputChannels).ToArray());
    }

    public override string Description => $"weight gradient Winograd, {_chunk} tiles at a time";

    public override long Products => _tiles.Products * _shape.InputChannels * _shape.OutputChannels;

    public override int ScratchBytes =>
        (WinogradTiles.Frequencies * (InputFrequency + CotangentFrequency + SumFrequency) + _tiles.ScratchFloats) * sizeof(float);

    // Vectors of input channels: each thread has some rows of the gradient, and every thread transforms all cotangents.
    public override int Pieces => _shape.InputChannels / _level.Floats();

    // A line more than the data, so that frequencies do not compete for the same cache sets.
    private int InputFrequency => _chunk * _shape.InputChannels + 16;

    private int CotangentFrequency => _chunk * _shape.OutputChannels + 16;

    private int SumFrequency => _shape.InputChannels * _shape.OutputChannels + 16;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        (int firstVector, int endVector) = share.Range(Pieces);
        int firstRow = firstVector * _level.Floats();
        int rows = (endVector - firstVector) * _level.Floats();
        float* inputs = (float*)scratch;
        float* cotangents = inputs + WinogradTiles.Frequencies * InputFrequency;
        float* sums = cotangents + WinogradTiles.Frequencies * CotangentFrequency;
        float* tileScratch = sums + WinogradTiles.Frequencies * SumFrequency;
        nint blockStep = _chunk * _blocks[0].Width;
        _tiles.PrepareScratch(tileScratch);
        for (int i = 0; i < _chunks.Length; i++)
        {
            Chunk<PinnedTable<PixelPair>> part = _chunks[i];
            _tiles.TransformInput(a, part.First, part.Count, firstRow, rows, inputs, InputFrequency, tileScratch);
            _tiles.TransformCotangent(b, part.First, part.Count, _blocks, cotangents, blockStep, CotangentFrequency, tileScratch);
            int nextCount = i + 1 < _chunks.Length ? _chunks[i + 1].Count : 0;
            Prefetch nextInput = _tiles.PrefetchInput(a, part.End, nextCount);
            Prefetch nextCotangent = _tiles.PrefetchOutput(b, part.End, nextCount);
            for (int frequency = 0; frequency < WinogradTiles.Frequencies; frequency++)
            {
                nextInput.Next();
                nextCotangent.Next();
                Multiply(
                    inputs + frequency * InputFrequency,
                    cotangents + frequency * CotangentFrequency,
                    blockStep,
                    part.Kinds[WinogradTiles.Kind(frequency)],
                    sums + frequency * SumFrequency,
                    firstRow,
                    rows,
                    accumulate: i > 0
                );
            }
        }

        TransformSums(sums, result, firstRow, rows, tileScratch);
    }

    private void Multiply(
        float* inputs,
        float* cotangents,
        nint blockStep,
        PinnedTable<PixelPair> pixels,
        float* sums,
        int firstRow,
        int rows,
        bool accumulate
    )
    {
        if (pixels.Length == 0)
        {
            if (!accumulate)
            {
                new Span<float>(sums + firstRow * _shape.OutputChannels, rows * _shape.OutputChannels).Clear();
            }

            return;
        }

        // As few groups of rows as there can be, as equal as possible, larger ones first.
        int groups = (rows + MaximumRows - 1) / MaximumRows;
        (int small, int large) = Math.DivRem(rows, groups);
        WeightGradientArguments arguments;
        arguments.Accumulate = accumulate;
        arguments.Input = inputs;
        arguments.Pixels = pixels.Pointer;
        arguments.PixelCount = pixels.Length;
        arguments.Cotangent = cotangents;
        foreach (ChannelBlock block in _blocks)
        {
            arguments.RowOffsets = _rowOffsets.Pointer + firstRow;
            arguments.ResultStep = _shape.OutputChannels;
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
            Loops.WeightGradient(_level, rows, vectors)(arguments);
            arguments->RowOffsets += count * rows;
            arguments->Result += count * rows * arguments->ResultStep;
        }
    }

    private void TransformSums(float* sums, float* result, int firstRow, int rows, float* scratch)
    {
        nint tap = _shape.InputChannels * _shape.OutputChannels;
        nint start = firstRow * _shape.OutputChannels;
        _tiles.TransformSums(
            sums + start,
            WinogradTiles.Side * (nint)SumFrequency,
            SumFrequency,
            result + start,
            3 * tap,
            tap,
            rows * _shape.OutputChannels,
            scratch
        );
    }
}
