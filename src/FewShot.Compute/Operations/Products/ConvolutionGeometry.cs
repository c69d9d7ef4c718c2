using System.Numerics;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// What the three bilinear maps of one convolution share: images [n, h, w, c], weights [kh, kw, c, o], results [n, oh, ow, o] (NHWC and
/// HWIO, row-major), one stride and one zero padding for both directions.
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
    public string? Incompatibility =>
        Stride < 1 ? $"stride {Stride} is not positive"
        : Padding < 0 ? $"padding {Padding} is negative"
        : H + (2 * Padding) < Kh || W + (2 * Padding) < Kw ? $"a {Kh}x{Kw} kernel does not fit a {H}x{W} map with padding {Padding}"
        : null;

    /// <summary>
    /// Adds to one of the three the products of the other two: for every image position under a kernel tap, input channel and output
    /// channel, the pixel times the weight times the result's element, without the factor that is the sum.
    /// </summary>
    public void AddProducts<T>(
        Span<T> sum,
        ConvolutionOperand sumIs,
        ReadOnlySpan<T> left,
        ConvolutionOperand leftIs,
        ReadOnlySpan<T> right,
        ConvolutionOperand rightIs
    )
        where T : INumberBase<T>
    {
        // Where the three are at a position and tap, and how far the next input and the next output channel are.
        Span<int> starts = stackalloc int[3];
        ReadOnlySpan<int> perInput = [1, O, 0];
        ReadOnlySpan<int> perOutput = [0, 1, 1];
        (int sumPerInput, int leftPerInput, int rightPerInput) = (perInput[(int)sumIs], perInput[(int)leftIs], perInput[(int)rightIs]);
        (int sumPerOutput, int leftPerOutput, int rightPerOutput) = (
            perOutput[(int)sumIs],
            perOutput[(int)leftIs],
            perOutput[(int)rightIs]
        );
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
                            if (h < 0 || h >= H || w < 0 || w >= W)
                            {
                                continue;
                            }

                            starts[(int)ConvolutionOperand.Images] = ((((n * H) + h) * W) + w) * C;
                            starts[(int)ConvolutionOperand.Weights] = ((kh * Kw) + kw) * C * O;
                            starts[(int)ConvolutionOperand.Results] = ((((n * Oh) + oh) * Ow) + ow) * O;
                            (int s, int l, int r) = (starts[(int)sumIs], starts[(int)leftIs], starts[(int)rightIs]);
                            for (int c = 0; c < C; c++)
                            {
                                for (int o = 0; o < O; o++)
                                {
                                    sum[s + (c * sumPerInput) + (o * sumPerOutput)] +=
                                        left[l + (c * leftPerInput) + (o * leftPerOutput)]
                                        * right[r + (c * rightPerInput) + (o * rightPerOutput)];
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// <summary>The three between which a convolution's maps go.</summary>
internal enum ConvolutionOperand
{
    /// <summary>The images [n, h, w, c].</summary>
    Images,

    /// <summary>The weights [kh, kw, c, o].</summary>
    Weights,

    /// <summary>The results [n, oh, ow, o].</summary>
    Results,
}
