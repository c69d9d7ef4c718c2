using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>Prepares products of small matrices, C [m, n] = A · B, all row-major and dense.</summary>
internal static class MatrixProduct
{
    /// <summary>Prepares the product for one shape and one vector level.</summary>
    /// <param name="m">The rows of C.</param>
    /// <param name="n">The columns of C.</param>
    /// <param name="k">The terms of each sum.</param>
    /// <param name="transposeA">Whether A is stored [k, m] rather than [m, k].</param>
    /// <param name="transposeB">Whether B is stored [n, k] rather than [k, n].</param>
    /// <param name="level">The vector level.</param>
    public static MatrixProductKernel Prepare(int m, int n, int k, bool transposeA, bool transposeB, SimdLevel level) =>
        m >= 1 && n >= 1 && k >= 1
            ? new MatrixProductKernel(m, n, k, transposeA, transposeB, level)
            : throw new ArgumentException($"Matrix product [{m}, {k}] x [{k}, {n}]: every size must be at least 1.");
}

/// <summary>
/// A matrix product prepared for one shape: immutable and safe to run on many threads at once, each with its own scratch. Blocks of C
/// are held in registers. A last vector of columns overlaps the one before it instead of being masked; matrices narrower than a
/// vector take shorter vectors, and those narrower than the shortest a copy padded to it.
/// </summary>
internal sealed unsafe class MatrixProductKernel
{
    private const int MaximumRows = 6;
    private const int ShortestVector = 4;

    // A column block of B is copied together once this many rows of A read it: in place its rows share few cache sets.
    private const int PackingRows = 48;
    private const int PackingColumns = 32;

    private readonly int _m;
    private readonly int _n;
    private readonly int _k;
    private readonly bool _transposeA;
    private readonly bool _transposeB;
    private readonly SimdLevel _level;
    private readonly ColumnBlock[] _columns;
    private readonly (int Rows, int Count)[] _rowGroups;
    private readonly int _groupCount;
    private readonly int _bFloats;

    public MatrixProductKernel(int m, int n, int k, bool transposeA, bool transposeB, SimdLevel level)
    {
        this._m = m;
        this._n = n;
        this._k = k;
        this._transposeA = transposeA;
        this._transposeB = transposeB;
        this._level = level;
        while (level > SimdLevel.Vector128 && level.Floats() > n)
        {
            level--;
        }

        _columns = CutColumns(level, Math.Max(n, ShortestVector), m <= 3 ? 4 : level.BlockVectors());
        _rowGroups = [.. GatherPlan.BalancedSizes(m, MaximumRows).GroupBy(size => size).Select(group => (group.Key, group.Count()))];
        _groupCount = _rowGroups.Sum(group => group.Count);
        _bFloats =
            Padded ? k * ShortestVector
            : Packed ? k * _columns.Max(block => block.Width)
            : 0;
    }

    public string Description => $"matrix {_m}x{_k} by {_k}x{_n}{(Padded ? ", padded" : Packed ? ", B packed" : "")}";

    public int ScratchBytes => (_bFloats + CFloats) * sizeof(float);

    /// <summary>The most pieces that the work can be cut into for several threads: groups of rows.</summary>
    public int Pieces => Padded ? 1 : _groupCount;

    private bool Padded => _n < ShortestVector;

    private bool Packed => _transposeB || (_m >= PackingRows && _n >= PackingColumns);

    private int CFloats => Padded ? _m * ShortestVector : 0;

    public void Run(float* a, float* b, float* c, byte* scratch) => Run(a, b, c, scratch, Share.Whole);

    /// <summary>Computes a share of the rows of C; each thread has its own scratch.</summary>
    public void Run(float* a, float* b, float* c, byte* scratch, Share share)
    {
        (int first, int end) = share.Range(_groupCount);
        int width = Math.Max(_n, ShortestVector);
        float* product = c;
        if (Padded)
        {
            float* padded = (float*)scratch;
            product = padded + _bFloats;
            PadB(b, padded);
            b = padded;
        }

        MatrixArguments arguments;
        arguments.ARow = _transposeA ? 1 : _k;
        arguments.AColumn = _transposeA ? _m : 1;
        arguments.BRow = width;
        arguments.CRow = width;
        arguments.Depth = _k;
        foreach (ColumnBlock block in _columns)
        {
            arguments.A = a;
            arguments.B = b + block.First;
            if (Packed && !Padded)
            {
                PackB(b, (float*)scratch, block);
                arguments.B = (float*)scratch;
                arguments.BRow = block.Width;
            }

            arguments.C = product + block.First;
            arguments.LastVector = block.LastVector;
            int passed = 0;
            foreach ((int rows, int count) in _rowGroups)
            {
                (int from, int to) = (Math.Clamp(first - passed, 0, count), Math.Clamp(end - passed, 0, count));
                arguments.A += rows * from * arguments.ARow;
                arguments.C += rows * from * arguments.CRow;
                arguments.GroupCount = to - from;
                if (from < to)
                {
                    Loops.Matrix(block.Level, rows, block.Vectors)(&arguments);
                }

                arguments.A += rows * (count - from) * arguments.ARow;
                arguments.C += rows * (count - from) * arguments.CRow;
                passed += count;
            }
        }

        if (Padded)
        {
            Panel.CopyOut(product, ShortestVector, c, _n, _n, _m);
        }
    }

    private static ColumnBlock[] CutColumns(SimdLevel level, int n, int maximumVectors)
    {
        int floats = level.Floats();
        var blocks = new List<ColumnBlock>();
        for (int first = 0; first < n; )
        {
            int rest = n - first;
            int vectors = Math.Min((rest + floats - 1) / floats, maximumVectors);
            int used = Math.Min(rest, vectors * floats);

            // A single vector that would leave the matrix starts earlier; the last of several does.
            int start = vectors == 1 ? Math.Min(first, n - floats) : first;
            blocks.Add(new ColumnBlock(level, vectors, start, first + used - floats - start));
            first += used;
        }

        return [.. blocks];
    }

    private void PackB(float* b, float* panel, ColumnBlock block)
    {
        if (_transposeB)
        {
            MatrixTranspose.Run(b + (nint)block.First * _k, _k, panel, block.Width, block.Width, _k, _level);
        }
        else
        {
            Panel.CopyIn(b + block.First, _n, panel, block.Width, block.Width, _k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PadB(float* b, float* padded)
    {
        for (int depth = 0; depth < _k; depth++)
        {
            for (int column = 0; column < ShortestVector; column++)
            {
                padded[depth * ShortestVector + column] =
                    column >= _n ? 0
                    : _transposeB ? b[column * _k + depth]
                    : b[depth * _n + column];
            }
        }
    }

    private readonly record struct ColumnBlock(SimdLevel Level, int Vectors, int First, int LastVector)
    {
        public int Width => LastVector + Level.Floats();
    }
}
