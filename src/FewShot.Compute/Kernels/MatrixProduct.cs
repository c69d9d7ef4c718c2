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

    private readonly int m;
    private readonly int n;
    private readonly int k;
    private readonly bool transposeA;
    private readonly bool transposeB;
    private readonly SimdLevel level;
    private readonly ColumnBlock[] columns;
    private readonly (int Rows, int Count)[] rowGroups;

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
    }

    public string Description => $"matrix {m}x{k} by {k}x{n}{(transposeB ? ", B transposed first" : "")}{(Padded ? ", padded" : "")}";

    public int ScratchBytes => (BFloats + CFloats) * sizeof(float);

    private bool Padded => n < ShortestVector;

    private int BFloats => Padded ? k * ShortestVector : transposeB ? k * n : 0;

    private int CFloats => Padded ? m * ShortestVector : 0;

    public void Run(float* a, float* b, float* c, byte* scratch)
    {
        var width = Math.Max(n, ShortestVector);
        var product = c;
        if (Padded)
        {
            var padded = (float*)scratch;
            product = padded + BFloats;
            PadB(b, padded);
            b = padded;
        }
        else if (transposeB)
        {
            MatrixTranspose.Run(b, k, (float*)scratch, n, n, k, level);
            b = (float*)scratch;
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
            arguments.C = product + block.First;
            arguments.LastVector = block.LastVector;
            foreach (var (rows, count) in rowGroups)
            {
                arguments.GroupCount = count;
                Loops.Matrix(block.Level, rows, block.Vectors)(&arguments);
                arguments.A += rows * count * arguments.ARow;
                arguments.C += rows * count * arguments.CRow;
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
            vectors = vectors == 3 ? 2 : vectors;
            var used = Math.Min(rest, vectors * floats);

            // A single vector that would leave the matrix starts earlier; the last of several does.
            var start = vectors == 1 ? Math.Min(first, n - floats) : first;
            blocks.Add(new ColumnBlock(level, vectors, start, first + used - floats - start));
            first += used;
        }

        return [.. blocks];
    }

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

    private readonly record struct ColumnBlock(SimdLevel Level, int Vectors, int First, int LastVector);
}
