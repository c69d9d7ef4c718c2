using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// What the three bilinear maps of one convolution share: images [n, h, w, c], weights [kh, kw, c, o], results [n, oh, ow, o] (NHWC and HWIO,
/// row-major), one stride and one zero padding for both directions.
/// </summary>
internal readonly record struct ConvolutionGeometry(int N, int H, int W, int C, int O, int Kh, int Kw, int Stride, int Padding)
{
    public int Oh => ((H + (2 * Padding) - Kh) / Stride) + 1;

    public int Ow => ((W + (2 * Padding) - Kw) / Stride) + 1;

    public Shape Images => new(N, H, W, C);

    public Shape Weights => new(Kh, Kw, C, O);

    public Shape Results => new(N, Oh, Ow, O);

    public long MultiplyAdds => (long)N * Oh * Ow * O * C * Kh * Kw;

    /// <summary>Why the geometry is impossible, or null.</summary>
    public string? Fault =>
        Stride < 1 ? $"stride {Stride} is not positive"
        : Padding < 0 ? $"padding {Padding} is negative"
        : H + (2 * Padding) < Kh || W + (2 * Padding) < Kw ? $"a {Kh}x{Kw} kernel does not fit a {H}x{W} map with padding {Padding}"
        : null;

    /// <summary>Every pair of an image position and a kernel tap that adds into a result, as offsets into images, weights and results.</summary>
    public IEnumerable<(int X, int W, int Y)> Products()
    {
        for (int n = 0; n < N; n++)
        {
            for (int oh = 0; oh < Oh; oh++)
            {
                for (int ow = 0; ow < Ow; ow++)
                {
                    for (int kh = 0; kh < Kh; kh++)
                    {
                        for (int kw = 0; kw < Kw; kw++)
                        {
                            int h = (oh * Stride) + kh - Padding;
                            int w = (ow * Stride) + kw - Padding;
                            if (h >= 0 && h < H && w >= 0 && w < W)
                            {
                                yield return (((((n * H) + h) * W) + w) * C, ((kh * Kw) + kw) * C * O, ((((n * Oh) + oh) * Ow) + ow) * O);
                            }
                        }
                    }
                }
            }
        }
    }
}
