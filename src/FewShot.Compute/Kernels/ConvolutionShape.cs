namespace FewShot.Compute.Kernels;

/// <summary>The sizes of one convolution: images NHWC, weights HWIO, the same zero padding on all four sides.</summary>
internal readonly record struct ConvolutionShape(
    int Images,
    int Height,
    int Width,
    int InputChannels,
    int OutputChannels,
    int KernelHeight,
    int KernelWidth,
    int Stride,
    int Padding
)
{
    public int OutputHeight => (Height + 2 * Padding - KernelHeight) / Stride + 1;

    public int OutputWidth => (Width + 2 * Padding - KernelWidth) / Stride + 1;

    /// <summary>Multiply-adds of the definition, products with the zero padding included.</summary>
    public long MultiplyAdds => (long)Images * OutputHeight * OutputWidth * OutputChannels * KernelHeight * KernelWidth * InputChannels;

    /// <summary>The multiply-adds that meet no padding.</summary>
    public long SeenMultiplyAdds =>
        (long)Images
        * SeenTaps(Height, OutputHeight, KernelHeight)
        * SeenTaps(Width, OutputWidth, KernelWidth)
        * InputChannels
        * OutputChannels;

    public int InputImageFloats => Height * Width * InputChannels;

    public int OutputImageFloats => OutputHeight * OutputWidth * OutputChannels;

    public int WeightRows => KernelHeight * KernelWidth * InputChannels;

    private int SeenTaps(int size, int resultSize, int kernel) =>
        PixelClass.ForwardTaps(size, resultSize, kernel, Stride, Padding).Sum(taps => taps.Length);

    public override string ToString() =>
        $"{Images}x{Height}x{Width}x{InputChannels} -> {OutputChannels}, kernel {KernelHeight}x{KernelWidth}, stride {Stride}, padding "
        + $"{Padding}";

    public void Validate()
    {
        if (
            Images < 1
            || Height < 1
            || Width < 1
            || InputChannels < 1
            || OutputChannels < 1
            || KernelHeight < 1
            || KernelWidth < 1
            || Stride < 1
            || Padding < 0
        )
        {
            throw new ArgumentException($"Convolution {this}: every size must be at least 1 and the padding at least 0.");
        }

        if (Height + 2 * Padding < KernelHeight || Width + 2 * Padding < KernelWidth)
        {
            throw new ArgumentException(
                $"Convolution {this}: the kernel is larger than the padded image; pad more or use a smaller kernel."
            );
        }
    }
}
