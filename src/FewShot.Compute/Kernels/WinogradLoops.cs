namespace FewShot.Compute.Kernels;

/// <summary>The linear maps of Winograd's convolution.</summary>
internal enum WinogradMap
{
    Input,
    Output,
    Cotangent,
    Weights,
    Inverse,
}

/// <summary>
/// The generated transforms of F(m×m, 3×3) at one vector level. Each takes (source, its row and column steps, result, its row and column
/// steps, channels, temporary) and maps a square of pixels to a square of pixels for all channels.
/// </summary>
internal sealed unsafe class WinogradLoops(SimdLevel level, int tile)
{
    /// <summary>Floats a transform's temporary takes at most: 6×6 vectors of 16.</summary>
    public const int TemporaryFloats = 36 * 16;

    public readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Input = Choose(WinogradMap.Input, level, tile);
    public readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Output = Choose(WinogradMap.Output, level, tile);
    public readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Cotangent = Choose(WinogradMap.Cotangent, level, tile);
    public readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Weights = Choose(WinogradMap.Weights, level, tile);
    public readonly delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Inverse = Choose(WinogradMap.Inverse, level, tile);

    private static delegate*<float*, nint, nint, float*, nint, nint, int, float*, void> Choose(WinogradMap map, SimdLevel level, int tile) =>
        level switch
        {
            SimdLevel.Vector128 => Loops128.Winograd(map, tile),
            SimdLevel.Avx2 => Loops256.Winograd(map, tile),
            _ => Loops512.Winograd(map, tile),
        };
}
