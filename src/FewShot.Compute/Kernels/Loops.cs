namespace FewShot.Compute.Kernels;

/// <summary>What a gather loop reads: see <see cref="GatherPlan"/>.</summary>
internal unsafe struct GatherArguments
{
    public float* Input;
    public float* Weights;
    public float* Result;
    public Segment* Segments;

    // Per group of Q pixels: first segment, end of segments, Q offsets into Input, Q pixel indices into Result.
    public int* Groups;
    public int GroupCount;
    public bool Accumulate;
    public nint WeightStep;
    public nint ResultStep;
}

/// <summary>A run of contiguous input channels and the weight row of its first one.</summary>
internal readonly record struct Segment(nint Input, nint Length, nint WeightRow);

/// <summary>What a weight gradient loop reads: rows of the weight gradient in groups, summed over a list of pixels.</summary>
internal unsafe struct WeightGradientArguments
{
    public float* Input;
    public float* Cotangent;
    public float* Result;
    public int* RowOffsets;
    public PixelPair* Pixels;
    public int PixelCount;
    public int GroupCount;
    public bool Accumulate;
    public nint ResultStep;
}

/// <summary>Where an output pixel's input lies, in floats, and which pixel of the cotangent's panel it is.</summary>
internal readonly record struct PixelPair(int Input, int CotangentPixel);

/// <summary>What a matrix product loop reads: groups of rows of A and some columns of B.</summary>
internal unsafe struct MatrixArguments
{
    public float* A;
    public float* B;
    public float* C;
    public nint ARow;
    public nint AColumn;
    public nint BRow;
    public nint CRow;
    public int Depth;
    public int GroupCount;

    // Columns from the first vector to the last one, which may overlap the one before it.
    public nint LastVector;
}

/// <summary>The generated loops by vector level.</summary>
internal static unsafe class Loops
{
    public static delegate* <GatherArguments*, void> Gather(SimdLevel level, int pixels, int vectors) =>
        level switch
        {
            SimdLevel.Vector128 => Loops128.Gather(pixels, vectors),
            SimdLevel.Avx2 => Loops256.Gather(pixels, vectors),
            _ => Loops512.Gather(pixels, vectors),
        };

    public static delegate* <WeightGradientArguments*, void> WeightGradient(SimdLevel level, int rows, int vectors) =>
        level switch
        {
            SimdLevel.Vector128 => Loops128.WeightGradient(rows, vectors),
            SimdLevel.Avx2 => Loops256.WeightGradient(rows, vectors),
            _ => Loops512.WeightGradient(rows, vectors),
        };

    public static delegate* <MatrixArguments*, void> Matrix(SimdLevel level, int rows, int vectors) =>
        level switch
        {
            SimdLevel.Vector128 => Loops128.Matrix(rows, vectors),
            SimdLevel.Avx2 => Loops256.Matrix(rows, vectors),
            _ => Loops512.Matrix(rows, vectors),
        };
}
