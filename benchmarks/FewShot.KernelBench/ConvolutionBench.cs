using FewShot.Compute.Kernels;

namespace FewShot.KernelBench;

/// <summary>
/// Speed and error of the convolution kernels at the sizes of the few-shot networks. GFLOP/s count the definition's multiply-adds, padding
/// included, so a kernel that skips them can exceed the peak. The last figure is what the kernel reaches of its roofline: the longer of the
/// time that the products it really makes take at the peak of multiply-adds and the time that reading its operands and writing its result
/// once take at the memory's speed for so many bytes.
/// </summary>
internal static unsafe class ConvolutionBench
{
    private static readonly Bandwidth s_memory = new();

    private static readonly (string Name, int[] Images, ConvolutionShape Shape)[] s_shapes =
    [
        ("14x14x64", [5, 75], new(1, 14, 14, 64, 64, 3, 3, 1, 1)),
        ("7x7x64", [5, 75], new(1, 7, 7, 64, 64, 3, 3, 1, 1)),
        ("3x3x64", [5, 75], new(1, 3, 3, 64, 64, 3, 3, 1, 1)),
        ("28x28x64", [5], new(1, 28, 28, 64, 64, 3, 3, 1, 1)),
        ("28x28x1", [5, 75], new(1, 28, 28, 1, 64, 3, 3, 1, 1)),
        ("84x84x3", [5], new(1, 84, 84, 3, 32, 3, 3, 1, 1)),
        ("42x42x32", [5], new(1, 42, 42, 32, 32, 3, 3, 1, 1)),
        ("21x21x32", [5], new(1, 21, 21, 32, 32, 3, 3, 1, 1)),
        ("10x10x32", [5, 25], new(1, 10, 10, 32, 32, 3, 3, 1, 1)),
        ("5x5x32", [5, 25], new(1, 5, 5, 32, 32, 3, 3, 1, 1)),
        ("16x16x64", [5], new(1, 16, 16, 64, 64, 3, 3, 1, 1)),
        ("8x8x128", [5, 25], new(1, 8, 8, 128, 128, 3, 3, 1, 1)),
        ("4x4x128", [5, 25], new(1, 4, 4, 128, 128, 3, 3, 1, 1)),
        ("14x14x20", [25], new(1, 14, 14, 20, 20, 5, 5, 1, 2)),
        ("14x14x64/2", [5], new(1, 14, 14, 64, 64, 3, 3, 2, 1)),
    ];

    public static void Run(string filter)
    {
        SimdLevel level = SimdLevels.Best;
        Console.WriteLine($"memory: {s_memory}");
        Console.WriteLine($"level {level}, peak {Measure.Peak(level):F1} GFLOP/s");
        Console.WriteLine(
            $"{"shape", -12} {"images", 6} {"map", -8} {"GFLOP/s", 8} {"of peak", 8} {"us", 9} {"error", 8}  {"made", 5} {"GB/s", 5} "
                + $"{"roof", 5}  kernel"
        );
        foreach ((string? name, int[]? imageCounts, ConvolutionShape shape) in s_shapes)
        {
            foreach (int images in imageCounts)
            {
                if ($"{name} {images}".Contains(filter, StringComparison.Ordinal))
                {
                    RunShape(name, shape with { Images = images }, level);
                }
            }
        }
    }

    private static void RunShape(string name, ConvolutionShape shape, SimdLevel level)
    {
        double peak = Measure.Peak(level);
        using var x = new AlignedBuffer((long)shape.Images * shape.InputImageFloats, 1);
        using var w = new AlignedBuffer((long)shape.WeightRows * shape.OutputChannels, 2);
        using var gy = new AlignedBuffer((long)shape.Images * shape.OutputImageFloats, 3);
        var reference = new ReferenceConvolution(shape, x.Pointer, w.Pointer, gy.Pointer);
        bool fits = WinogradTiles.Fits(shape, level);
        Compare(
            "forward",
            Convolution.Forward(shape, level),
            x,
            w,
            reference.Result,
            [
                DirectConvolution.Forward(shape, level, pack: true),
                DirectConvolution.Forward(shape, level, pack: false),
                .. fits ? [WinogradConvolution.Forward(shape, level)] : Array.Empty<ConvolutionKernel>(),
            ]
        );
        Compare(
            "data",
            Convolution.DataGradient(shape, level),
            gy,
            w,
            reference.DataGradient,
            [
                DirectConvolution.DataGradient(shape, level, pack: true),
                DirectConvolution.DataGradient(shape, level, pack: false),
                .. fits ? [WinogradConvolution.DataGradient(shape, level)] : Array.Empty<ConvolutionKernel>(),
            ]
        );
        Compare(
            "weights",
            Convolution.WeightGradient(shape, level),
            x,
            gy,
            reference.WeightGradient,
            [
                new WeightGradientConvolution(shape, level),
                .. FewChannelsWeightGradient.Fits(shape) ? [new FewChannelsWeightGradient(shape, level)] : Array.Empty<ConvolutionKernel>(),
                .. fits ? [new WinogradWeightGradient(shape, level)] : Array.Empty<ConvolutionKernel>(),
            ]
        );

        void Compare(
            string map,
            ConvolutionKernel chosen,
            AlignedBuffer a,
            AlignedBuffer b,
            double[] expected,
            ConvolutionKernel[] candidates
        )
        {
            if (candidates.All(candidate => candidate.Description != chosen.Description))
            {
                candidates = [chosen, .. candidates];
            }

            long bytes =
                sizeof(float)
                * (shape.Images * ((long)shape.InputImageFloats + shape.OutputImageFloats) + shape.WeightRows * (long)shape.OutputChannels);
            using var scratch = new AlignedBuffer(candidates.Max(kernel => kernel.ScratchBytes) / sizeof(float) + 1);
            using var result = new AlignedBuffer(expected.Length);
            double[] seconds = Measure.BestSeconds([
                .. candidates.Select<ConvolutionKernel, Action>(kernel =>
                    () => kernel.Run(a.Pointer, b.Pointer, result.Pointer, (byte*)scratch.Pointer)
                ),
            ]);
            for (int candidate = 0; candidate < candidates.Length; candidate++)
            {
                candidates[candidate].Run(a.Pointer, b.Pointer, result.Pointer, (byte*)scratch.Pointer);
                double error = 0,
                    largest = 0;
                for (int i = 0; i < expected.Length; i++)
                {
                    error = Math.Max(error, Math.Abs(result.Pointer[i] - expected[i]));
                    largest = Math.Max(largest, Math.Abs(expected[i]));
                }

                double speed = 2e-9 * shape.MultiplyAdds / seconds[candidate];
                char mark = candidates[candidate].Description == chosen.Description ? '*' : ' ';
                double made = 2e-9 * candidates[candidate].Products / peak;
                double moved = bytes * 1e-9 / s_memory.At(bytes);
                Console.WriteLine(
                    $"{name, -12} {shape.Images, 6} {map, -8} {speed, 8:F1} {speed / peak, 8:P0} {seconds[candidate] * 1e6, 9:F1} "
                        + $"{error / largest, 8:E1} {made / seconds[candidate], 6:P0} "
                        + $"{bytes * 1e-9 / seconds[candidate], 5:F0} {Math.Max(made, moved) / seconds[candidate], 5:P0} "
                        + $"{mark}{candidates[candidate].Description}"
                );
            }
        }
    }
}
