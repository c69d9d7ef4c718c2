using System.Runtime.CompilerServices;

namespace FewShot.Compute.Kernels;

/// <summary>Prepares products of small matrices, C [m, n] = A · B, all row-major and dense.</summary>
internal static class MatrixProduct
{
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="transposeA">A is stored [k, m] rather than [m, k].</param>
    /// <param name="transposeB">B is stored [n, k] rather than [k, n].</param>
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

    private readonly int m;
    private readonly int n;
    private readonly int k;
    private readonly bool transposeA;
    private readonly bool transposeB;
    private readonly SimdLevel level;
    private readonly ColumnBlock[] columns;
    private readonly (int Rows, int Count)[] rowGroups;
    private readonly int groupCount;
    private readonly int bFloats;

    public MatrixProductKernel(int m, int n, int k, bool transposeA, bool transposeB, SimdLevel level)
    {
        this.m = m;
        this.n = n;
        this.k = k;
        this.transposeA = transposeA;
        this.transposeB = transposeB;
        this.level = level;
        while (level > SimdLevel.Vector128 && level.Floats() > n)
        {
            level--;
        }

        columns = CutColumns(level, Math.Max(n, ShortestVector), m <= 3 ? 4 : level.BlockVectors());
        rowGroups = [.. GatherPlan.BalancedSizes(m, MaximumRows).GroupBy(size => size).Select(group => (group.Key, group.Count()))];
        groupCount = rowGroups.Sum(group => group.Count);
        bFloats = Padded ? k * ShortestVector : Packed ? k * columns.Max(block => block.Width) : 0;
    }

    public string Description => $"matrix {m}x{k} by {k}x{n}{(Padded ? ", padded" : Packed ? ", B packed" : "")}";

    public int ScratchBytes => (bFloats + CFloats) * sizeof(float);

    /// <summary>The most pieces that the work can be cut into for several threads: groups of rows.</summary>
    public int Pieces => Padded ? 1 : groupCount;

    private bool Padded => n < ShortestVector;

    private bool Packed => transposeB || (m >= PackingRows && n >= PackingColumns);

    private int CFloats => Padded ? m * ShortestVector : 0;

    public void Run(float* a, float* b, float* c, byte* scratch) => Run(a, b, c, scratch, Share.Whole);

    /// <summary>Computes a share of the rows of C; each thread has its own scratch.</summary>
    public void Run(float* a, float* b, float* c, byte* scratch, Share share)
    {
        var (first, end) = share.Range(groupCount);
        var width = Math.Max(n, ShortestVector);
        var product = c;
        if (Padded)
        {
            var padded = (float*)scratch;
            product = padded + bFloats;
            PadB(b, padded);
            b = padded;
        }

        MatrixArguments arguments;
        arguments.ARow = transposeA ? 1 : k;
        arguments.AColumn = transposeA ? m : 1;
        arguments.BRow = width;
        arguments.CRow = width;
        arguments.Depth = k;
        foreach (var block in columns)
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
            var passed = 0;
            foreach (var (rows, count) in rowGroups)
            {
                var (from, to) = (Math.Clamp(first - passed, 0, count), Math.Clamp(end - passed, 0, count));
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
            Panel.CopyOut(product, ShortestVector, c, n, n, m);
        }
    }

    private static ColumnBlock[] CutColumns(SimdLevel level, int n, int maximumVectors)
    {
        var floats = level.Floats();
        var blocks = new List<ColumnBlock>();
        for (var first = 0; first < n;)
        {
            var rest = n - first;
            var vectors = Math.Min((rest + floats - 1) / floats, maximumVectors);
            var used = Math.Min(rest, vectors * floats);

            // A single vector that would leave the matrix starts earlier; the last of several does.
            var start = vectors == 1 ? Math.Min(first, n - floats) : first;
            blocks.Add(new ColumnBlock(level, vectors, start, first + used - floats - start));
            first += used;
        }

        return [.. blocks];
    }

    private void PackB(float* b, float* panel, ColumnBlock block)
    {
        if (transposeB)
        {
            MatrixTranspose.Run(b + (nint)block.First * k, k, panel, block.Width, block.Width, k, level);
        }
        else
        {
            Panel.CopyIn(b + block.First, n, panel, block.Width, block.Width, k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PadB(float* b, float* padded)
    {
        for (var depth = 0; depth < k; depth++)
        {
            for (var column = 0; column < ShortestVector; column++)
            {
                padded[depth * ShortestVector + column] = column >= n ? 0 : transposeB ? b[column * k + depth] : b[depth * n + column];
            }
        }
    }

    private readonly record struct ColumnBlock(SimdLevel Level, int Vectors, int First, int LastVector)
    {
        public int Width => LastVector + Level.Floats();
    }
}
