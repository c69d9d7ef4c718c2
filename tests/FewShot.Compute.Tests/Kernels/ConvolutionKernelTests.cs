using FewShot.Compute.Kernels;
using Xunit;

namespace FewShot.Compute.Tests.Kernels;

[Trait("Category", "Simd")]
public sealed unsafe class ConvolutionKernelTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Levels => [.. Enum.GetNames<SimdLevel>()];

    public static TheoryData<string, int> LevelsAndSeeds()
    {
        var data = new TheoryData<string, int>();
        foreach (string level in Enum.GetNames<SimdLevel>())
        {
            for (int seed = 0; seed < 40; seed++)
            {
                data.Add(level, seed);
            }
        }

        return data;
    }

    public static TheoryData<string, int, int, int, int> TunedShapes()
    {
        var data = new TheoryData<string, int, int, int, int>();
        foreach (string level in Enum.GetNames<SimdLevel>())
        {
            foreach (
                (int images, int size, int inputs, int outputs) in ((int, int, int, int)[])
                    [
                        (1, 14, 64, 64),
                        (2, 7, 64, 64),
                        (5, 3, 64, 64),
                        (1, 28, 1, 64),
                        (1, 32, 3, 32),
                        (2, 10, 32, 32),
                        (3, 5, 32, 48),
                        (1, 8, 128, 64),
                        (25, 4, 32, 32),
                    ]
            )
            {
                data.Add(level, images, size, inputs, outputs);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(LevelsAndSeeds))]
    public void Random_shapes_agree_with_the_definition(string level, int seed)
    {
        var random = new Random(seed);
        Check(RandomShape(random), Enum.Parse<SimdLevel>(level), random);
    }

    [Theory]
    [MemberData(nameof(TunedShapes))]
    public void Tuned_shapes_agree_with_the_definition(string level, int images, int size, int inputs, int outputs) =>
        Check(new ConvolutionShape(images, size, size, inputs, outputs, 3, 3, 1, 1), Enum.Parse<SimdLevel>(level), new Random(size));

    [Theory]
    [MemberData(nameof(Levels))]
    public void Winograd_agrees_with_the_definition_for_any_padding_and_size(string level)
    {
        var random = new Random(7);
        for (int padding = 0; padding <= 2; padding++)
        {
            foreach ((int height, int width) in ((int, int)[])[(3, 3), (4, 9), (6, 5), (11, 7)])
            {
                var shape = new ConvolutionShape(2, height, width, 16, 48, 3, 3, 1, padding);
                Assert.True(WinogradTiles.Fits(shape, Enum.Parse<SimdLevel>(level)));
                Check(shape, Enum.Parse<SimdLevel>(level), random);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Transposed_weights_are_flipped_and_swapped(string level)
    {
        foreach (
            (int height, int width, int inputs, int outputs) in ((int, int, int, int)[])
                [(3, 3, 64, 64), (1, 2, 5, 9), (3, 5, 20, 12), (2, 2, 1, 1), (3, 3, 3, 32)]
        )
        {
            using var w = new GuardedBuffer(height * width * inputs * outputs, atEnd: true);
            using var t = new GuardedBuffer(height * width * inputs * outputs, atEnd: true);
            w.Fill(new Random(1));
            WeightTranspose.Run(w.Pointer, t.Pointer, height, width, inputs, outputs, Enum.Parse<SimdLevel>(level));
            for (int tap = 0; tap < height * width; tap++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    for (int o = 0; o < outputs; o++)
                    {
                        Assert.Equal(
                            w.Span[(tap * inputs + i) * outputs + o],
                            t.Span[((height * width - 1 - tap) * outputs + o) * inputs + i]
                        );
                    }
                }
            }

            Assert.True(t.SurroundingsIntact());
        }
    }

    [Fact]
    public void A_kernel_runs_on_many_threads_at_once_with_equal_results()
    {
        var shape = new ConvolutionShape(3, 9, 9, 32, 32, 3, 3, 1, 1);
        ConvolutionKernel kernel = Convolution.Forward(shape, SimdLevels.Best);
        using GuardedBuffer x = Filled(shape.Images * shape.InputImageFloats, new Random(1));
        using GuardedBuffer w = Filled(shape.WeightRows * shape.OutputChannels, new Random(2));
        float[][] results = new float[8][];
        Parallel.For(
            0,
            results.Length,
            index =>
            {
                using var y = new GuardedBuffer(shape.Images * shape.OutputImageFloats, atEnd: true);
                using var scratch = new GuardedBuffer(kernel.ScratchBytes / sizeof(float), atEnd: true, alignment: 64);
                for (int repetition = 0; repetition < 20; repetition++)
                {
                    kernel.Run(x.Pointer, w.Pointer, y.Pointer, (byte*)scratch.Pointer);
                }

                results[index] = y.Span.ToArray();
            }
        );
        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Fact]
    public void Impossible_shapes_are_refused_by_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            Convolution.Forward(new(1, 2, 2, 1, 1, 5, 5, 1, 1), SimdLevel.Vector128)
        );
        Assert.Contains("the kernel is larger than the padded image", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Convolution.WeightGradient(new(1, 2, 2, 0, 1, 1, 1, 1, 0), SimdLevel.Vector128));
        Assert.Throws<ArgumentException>(() => Convolution.DataGradient(new(1, 2, 2, 1, 1, 1, 1, 0, 0), SimdLevel.Vector128));
    }

    private static ConvolutionShape RandomShape(Random random)
    {
        int[] channels = [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 20, 24, 31, 32, 40, 48];
        int kernelHeight = random.Next(1, 6),
            kernelWidth = random.Next(1, 6),
            padding = random.Next(0, 4);
        return new ConvolutionShape(
            random.Next(1, 9),
            Math.Max(random.Next(1, 12), kernelHeight - 2 * padding),
            Math.Max(random.Next(1, 12), kernelWidth - 2 * padding),
            channels[random.Next(channels.Length)],
            channels[random.Next(channels.Length)],
            kernelHeight,
            kernelWidth,
            random.Next(1, 4),
            padding
        );
    }

    private static GuardedBuffer Filled(int floats, Random random)
    {
        var buffer = new GuardedBuffer(floats, atEnd: random.Next(2) == 0);
        buffer.Fill(random);
        return buffer;
    }

    /// <summary>Compares every kernel that can compute the shape, not only the one that would be chosen.</summary>
    private static void Check(ConvolutionShape shape, SimdLevel level, Random random)
    {
        using GuardedBuffer x = Filled(shape.Images * shape.InputImageFloats, random);
        using GuardedBuffer w = Filled(shape.WeightRows * shape.OutputChannels, random);
        using GuardedBuffer gy = Filled(shape.Images * shape.OutputImageFloats, random);
        bool winograd = WinogradTiles.Fits(shape, level);

        double[] y = KernelReference.Forward(shape, x.Span.ToArray(), w.Span.ToArray());
        ConvolutionKernel[] forward =
        [
            Convolution.Forward(shape, level),
            DirectConvolution.Forward(shape, level, pack: true),
            DirectConvolution.Forward(shape, level, pack: false),
        ];
        float[] forwardResult = Compare(
            winograd ? [.. forward, WinogradConvolution.Forward(shape, level)] : forward,
            x,
            w,
            y,
            shape,
            random
        );

        double[] gx = KernelReference.DataGradient(shape, gy.Span.ToArray(), w.Span.ToArray());
        ConvolutionKernel[] data =
        [
            Convolution.DataGradient(shape, level),
            DirectConvolution.DataGradient(shape, level, pack: true),
            DirectConvolution.DataGradient(shape, level, pack: false),
        ];
        float[] dataResult = Compare(winograd ? [.. data, WinogradConvolution.DataGradient(shape, level)] : data, gy, w, gx, shape, random);

        double[] gw = KernelReference.WeightGradient(shape, x.Span.ToArray(), gy.Span.ToArray());
        ConvolutionKernel[] weights =
        [
            Convolution.WeightGradient(shape, level),
            new WeightGradientConvolution(shape, level),
            .. shape.Images > 1 ? new[] { new SectionedWeightGradient(shape, images => new WeightGradientConvolution(images, level)) } : [],
        ];
        float[] weightResult = Compare(
            winograd ? [.. weights, new WinogradWeightGradient(shape, level)] : weights,
            x,
            gy,
            gw,
            shape,
            random
        );

        // The three maps are one trilinear form: <gy, conv(x, w)> = <gx, x> = <gw, w>.
        double form = Dot(gy.Span, forwardResult);
        double scale = Math.Sqrt(Dot(gy.Span, gy.Span.ToArray()) * Dot(forwardResult, forwardResult)) + 1e-30;
        Assert.InRange(Math.Abs(form - Dot(x.Span, dataResult)) / scale, 0, Tolerance);
        Assert.InRange(Math.Abs(form - Dot(w.Span, weightResult)) / scale, 0, Tolerance);
    }

    private static float[] Compare(
        ConvolutionKernel[] kernels,
        GuardedBuffer a,
        GuardedBuffer b,
        double[] expected,
        ConvolutionShape shape,
        Random random
    )
    {
        float[] last = [];
        foreach (ConvolutionKernel kernel in kernels)
        {
            using var result = new GuardedBuffer(expected.Length, atEnd: random.Next(2) == 0);
            using var scratch = new GuardedBuffer((kernel.ScratchBytes + 3) / sizeof(float), atEnd: true, alignment: 64);
            result.Span.Fill(float.NaN);
            kernel.Run(a.Pointer, b.Pointer, result.Pointer, (byte*)scratch.Pointer);
            SteadyState.AllocatesNothing(() => kernel.Run(a.Pointer, b.Pointer, result.Pointer, (byte*)scratch.Pointer));
            double largest = expected.Max(Math.Abs) + 1e-30;
            for (int i = 0; i < expected.Length; i++)
            {
                if (!(Math.Abs(result.Span[i] - expected[i]) <= Tolerance * largest))
                {
                    Assert.Fail(
                        $"{kernel.Description} of {shape}: element {i} is {result.Span[i]}, not {expected[i]} (largest {largest})."
                    );
                }
            }

            Assert.True(result.SurroundingsIntact(), $"{kernel.Description} of {shape} wrote outside its result.");
            Assert.True(scratch.SurroundingsIntact(), $"{kernel.Description} of {shape} wrote outside its scratch.");
            last = result.Span.ToArray();
            CompareShares(kernel, a, b, last, shape);
        }

        return last;
    }

    /// <summary>Shares, each computed with fresh scratch and the last first, must make up the bits of the whole.</summary>
    private static void CompareShares(ConvolutionKernel kernel, GuardedBuffer a, GuardedBuffer b, float[] whole, ConvolutionShape shape)
    {
        foreach (int shares in new[] { 2, 3 }.Where(shares => shares <= kernel.Pieces))
        {
            using var result = new GuardedBuffer(whole.Length, atEnd: true);
            result.Span.Fill(float.NaN);
            using var shared = new GuardedBuffer((kernel.SharedBytes + 3) / sizeof(float), atEnd: true, alignment: 64);
            shared.Span.Fill(float.NaN);
            for (int share = shares - 1; share >= 0; share--)
            {
                using var scratch = new GuardedBuffer(
                    (kernel.ScratchBytes - kernel.SharedBytes + 3) / sizeof(float),
                    atEnd: true,
                    alignment: 64
                );
                scratch.Span.Fill(float.NaN);
                kernel.Run(
                    a.Pointer,
                    b.Pointer,
                    result.Pointer,
                    (byte*)shared.Pointer,
                    (byte*)scratch.Pointer,
                    new Share(share, share + 1, shares)
                );
            }

            kernel.End(result.Pointer, (byte*)shared.Pointer);

            Assert.True(result.Span.SequenceEqual(whole), $"{kernel.Description} of {shape} has other bits in {shares} shares.");
        }
    }

    private static double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0.0;
        for (int i = 0; i < left.Length; i++)
        {
            sum += (double)left[i] * right[i];
        }

        return sum;
    }
}
