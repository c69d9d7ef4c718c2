using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>What random loops do not reach: accuracy over whole ranges, special values, long sums, caching and messages.</summary>
[Trait("Category", "Simd")]
public class LoopKernelTests
{
    public static TheoryData<int> Widths => [128, 256, 512];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Functions_are_accurate(int bits)
    {
        Check(new Exp(), Math.Exp, -103, 88.7);
        Check(new Log(), Math.Log, 1e-3, 50);
        Check(new Log(), Math.Log, 1e-42, 1e-37);
        Check(new Log(), Math.Log, 1e30, 3e38);
        Check(new Tanh(), Math.Tanh, -12, 12);
        Check(new Tanh(), Math.Tanh, -1e-3, 1e-3);
        Check(new Sigmoid(), x => 1 / (1 + Math.Exp(-x)), -90, 90);
        Check(
            new Softplus(),
            x =>
                x > 30 ? x + Math.Exp(-x)
                : x < -12 ? Math.Exp(x) * (1 - (Math.Exp(x) / 2))
                : Math.Log(1 + Math.Exp(x)),
            -80,
            90
        );
        Check(new Sine(), Math.Sin, -100, 100);
        Check(new Cosine(), Math.Cos, -100, 100);
        Check(new ReciprocalSqrt(), x => 1 / Math.Sqrt(x), 1e-6, 1e6);
        Check(new Power(7.25), x => Math.Pow(x, 7.25), 1e-3, 100);
        Check(new Power(-13), x => Math.Pow(x, -13), 0.1, 100);

        void Check(Operation operation, Func<double, double> exact, double low, double high)
        {
            float[] x = new float[4001];
            for (int i = 0; i < x.Length; i++)
            {
                x[i] = (float)(low + ((high - low) * i / (x.Length - 1)));
            }

            float[] y = Run(bits, LoopExamples.Unary(operation, x.Length), x)[0];
            for (int i = 0; i < x.Length; i++)
            {
                double want = exact(x[i]);
                double relative = operation is Power ? 2e-6 : 3e-7;
                double absolute =
                    operation is Sine or Cosine or Log or Softplus ? 1e-7
                    : operation is Sigmoid ? 1.2e-38
                    : 2e-45;
                Assert.True(
                    Math.Abs(y[i] - want) <= (relative * Math.Abs(want)) + absolute,
                    $"{operation}({x[i]:R}) = {y[i]:R}, not {want:R}"
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Special_values_follow_ordinary_arithmetic(int bits)
    {
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, 1, -1, 2, 200, -200, 1e30f, -1e30f, 1e-30f];
        foreach (Operation operation in LoopGenerator.Operations())
        {
            float[][] arguments = Arguments(operation, special);
            float[] y = Run(bits, Call(operation, arguments), arguments)[0];
            for (int i = 0; i < y.Length; i++)
            {
                double[] x = [.. arguments.Select(argument => (double)argument[i])];
                float want = (float)LoopReference.Evaluate(operation, x);
                Assert.True(
                    y[i] == want
                        || (float.IsNaN(y[i]) && float.IsNaN(want))
                        || (float.IsFinite(want) && Math.Abs(y[i] - want) <= (3e-6 * Math.Abs(want)) + 1e-7),
                    $"{operation}({string.Join(", ", x)}) = {y[i]:R}, not {want:R}"
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_operation_of_the_table_agrees_with_its_definition(int bits)
    {
        float[] numbers = [.. Enumerable.Range(-20, 41).Select(i => i * 0.37f)];
        foreach (Operation operation in LoopGenerator.Operations())
        {
            float[][] arguments = Arguments(operation, numbers);
            float[] y = Run(bits, Call(operation, arguments), arguments)[0];
            for (int i = 0; i < y.Length; i++)
            {
                double[] x = [.. arguments.Select(argument => (double)argument[i])];
                double want = LoopReference.Evaluate(operation, x);
                Assert.True(
                    (double.IsNaN(want) && float.IsNaN(y[i]))
                        || (float)want == y[i]
                        || Math.Abs(y[i] - want) <= ((operation is Power ? 2e-6 : 3e-7) * Math.Abs(want)) + 1e-7,
                    $"{operation}({string.Join(", ", x)}) = {y[i]:R}, not {want:R}"
                );
            }
        }
    }

    /// <summary>All pairs or triples of some numbers.</summary>
    private static float[][] Arguments(Operation operation, float[] numbers)
    {
        int count = ElementWiseTable.Of(operation).Arguments;
        int length = (int)Math.Pow(numbers.Length, count);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(argument => (int)Math.Pow(numbers.Length, argument))
                .Select(stride => Enumerable.Range(0, length).Select(i => numbers[i / stride % numbers.Length]).ToArray()),
        ];
    }

    private static LoopSpecification Call(Operation operation, float[][] arguments)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, 1, arguments[0].Length, 1));
        int[] values = [.. arguments.Select(_ => b.Operand(Extent.Full)), 0, 0];
        return b.Output(b.Value(operation, Extent.Full, values[0], values[1], values[2])).Build();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void NaN_survives_extremes_and_pooling(int bits)
    {
        float nan = float.NaN;
        foreach (Operation operation in (Operation[])[new Maximum(), new Minimum()])
        {
            LoopBuilder b = new(new LoopDomain(1, 1, 1, 4, 1));
            int x = b.Operand(Extent.Full);
            LoopSpecification pair = b.Output(b.Value(operation, Extent.Full, x, b.Operand(Extent.Full)))
                .Output(b.Value(operation, Extent.Full, x, b.Constant(1)))
                .Output(b.Value(operation, Extent.Full, b.Constant(1), x))
                .Build();
            float[][] y = Run(bits, pair, [nan, 1, nan, 2], [1, nan, nan, 3]);
            Assert.Equal([true, true, true, false], y[0].Select(float.IsNaN));
            Assert.Equal([true, false, true, false], y[1].Select(float.IsNaN));
            Assert.Equal([true, false, true, false], y[2].Select(float.IsNaN));
        }

        for (int position = 0; position < 4; position++)
        {
            LoopBuilder b = new(new LoopDomain(1, 2, 2, 1, 2));
            int v = b.Operand(Extent.Full);
            int x = b.Operand(Extent.Full);
            LoopSpecification pool = b.Output(b.Value(LoopOpcode.MaxPoolSelect, Extent.Pooled, x, x))
                .Output(b.Value(LoopOpcode.MaxPoolSelect, Extent.Pooled, v, x))
                .Build();
            float[] map = [1, 2, 3, 0];
            map[position] = nan;
            float[][] y = Run(bits, pool, [1, 1, 1, 1], map);
            Assert.True(float.IsNaN(y[0][0]) && float.IsNaN(y[1][0]), $"position {position}");
        }

        LoopBuilder rows = new(new LoopDomain(1, 1, 2, 11, 1));
        LoopSpecification largest = rows.Output(rows.Operand(Extent.Full), OutputKind.MaxColumns).Build();
        float[] values = new float[22];
        Array.Fill(values, -5);
        values[13] = nan;
        Assert.Equal([-5, nan], Run(bits, largest, values)[0]);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Long_sums_stay_accurate(int bits)
    {
        foreach (Func<int, float> term in (Func<int, float>[])[_ => 0.1f, i => 1f / (i + 1), i => MathF.Sin(i) + 0.3f])
        {
            float[] x = [.. Enumerable.Range(0, 1_000_003).Select(term)];
            double exact = x.Sum(value => (double)value);
            Near(exact, Run(bits, LoopExamples.Sum(x.Length), x)[0][0]);

            LoopDomain narrow = new(1, 1, 333_334, 3, 1);
            LoopBuilder b = new(narrow);
            int map = b.Operand(Extent.Full);
            LoopSpecification sums = b.Output(map, OutputKind.SumRows).Output(map, OutputKind.SumAll).Build();
            float[] y = x[..1_000_002];
            float[][] actual = Run(bits, sums, y);
            for (int column = 0; column < 3; column++)
            {
                Near(y.Where((_, i) => i % 3 == column).Sum(value => (double)value), actual[0][column]);
            }

            Near(y.Sum(value => (double)value), actual[1][0]);
        }

        static void Near(double exact, float actual) =>
            Assert.True(Math.Abs(actual - exact) <= 1e-6 * Math.Abs(exact), $"{actual:R} instead of {exact:R}");
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Maps_smaller_than_the_window_have_nothing_pooled(int bits)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, 4, 5, 3));
        int x = b.Operand(Extent.Full);
        int pooled = b.Value(LoopOpcode.MaxPoolSelect, Extent.Pooled, x, x);
        LoopSpecification s = b.Output(pooled).Output(pooled, OutputKind.SumRows).Output(pooled, OutputKind.SumAll).Build();
        float[][] actual = Run(bits, s, new float[20]);
        Assert.Empty(actual[0]);
        Assert.Equal(new float[5], actual[1]);
        Assert.Equal([0], actual[2]);
    }

    /// <summary>Maps too large for the cache, with positions left over on both sides and several blocks of columns.</summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void Large_maps_agree_with_the_definition(int bits)
    {
        foreach (
            LoopSpecification s in (LoopSpecification[])
                [LoopExamples.Forward(3, 29, 140), LoopExamples.BackwardSums(3, 29, 140), LoopExamples.Backward(3, 29, 140)]
        )
        {
            Random random = new(5);
            float[][] operands =
            [
                .. s.Operands.Select(e =>
                    Enumerable.Range(0, (int)s.Domain.ElementCount(e)).Select(_ => (float)random.Next(-8, 9)).ToArray()
                ),
            ];
            Bounded[][] expected = LoopReference.Run(s, operands);
            float[][] actual = Run(bits, s, operands);
            for (int o = 0; o < expected.Length; o++)
            {
                Assert.Equal(expected[o].Select(value => (float)value.Value), actual[o]);
            }
        }
    }

    [Fact]
    public void Runs_are_identical_bit_for_bit()
    {
        LoopSpecification s = LoopExamples.BackwardSums(3, 15, 40);
        Random random = new(3);
        float[][] operands =
        [
            .. s.Operands.Select(e => Enumerable.Range(0, (int)s.Domain.ElementCount(e)).Select(_ => random.NextSingle() - 0.5f).ToArray()),
        ];
        float[][] first = Run(256, s, operands);
        for (int i = 0; i < 5; i++)
        {
            float[][] again = Run(256, s, operands);
            Assert.Equal(first[0], again[0]);
            Assert.Equal(first[1], again[1]);
        }
    }

    [Fact]
    public void One_kernel_is_made_for_equal_specifications_from_many_threads()
    {
        LoopKernel[] kernels = new LoopKernel[16];
        System.Threading.Tasks.Parallel.For(0, kernels.Length, i => kernels[i] = LoopKernel.Compile(LoopExamples.Forward(2, 6, 11), 256));
        Assert.All(kernels, kernel => Assert.Same(kernels[0], kernel));
        Assert.NotSame(kernels[0], LoopKernel.Compile(LoopExamples.Forward(2, 6, 11), 128));
        Assert.NotSame(kernels[0], LoopKernel.Compile(LoopExamples.Forward(2, 6, 12), 256));
        System.Threading.Tasks.Parallel.For(
            0,
            24,
            i => Run(256, LoopExamples.Add(3 + (i % 12), 7, Extent.Column), new float[(3 + (i % 12)) * 7], new float[7])
        );
        Assert.Contains("MaxPoolSelect", kernels[0].Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Running_allocates_nothing()
    {
        LoopKernel kernel = LoopKernel.Compile(LoopExamples.Add(1, 40, Extent.Full), 256);
        float* memory = stackalloc float[120];
        float** buffers = stackalloc float*[] { memory, memory + 40, memory + 80 };
        kernel.Run(buffers, null);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            kernel.Run(buffers, null);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Broken_specifications_are_refused_by_name()
    {
        LoopDomain map = new(1, 2, 2, 3, 1);
        LoopBuilder unpooled = new(map);
        Refused(
            unpooled.Output(unpooled.Value(LoopOpcode.AveragePool, Extent.Full, unpooled.Operand(Extent.Full))).Build(),
            "needs a window of at least 2"
        );
        LoopBuilder narrow = new(map);
        Refused(
            narrow.Output(narrow.Value(new Exp(), Extent.Column, narrow.Operand(Extent.Full))).Build(),
            "declared Column but varies over Full"
        );
        LoopBuilder later = new(map);
        Refused(later.Output(later.Value(new Exp(), Extent.Full, 7)).Build(), "uses %7, which is not an earlier value");
        LoopBuilder mixed = new(map with { Window = 2 });
        Refused(
            mixed.Output(mixed.Value(new Add(), Extent.Full, mixed.Operand(Extent.Full), mixed.Operand(Extent.Pooled))).Build(),
            "mixes Full and Pooled"
        );
        LoopBuilder summed = new(map);
        Refused(summed.Output(summed.Operand(Extent.Column), OutputKind.SumRows).Build(), "SumRows cannot be taken");
        LoopBuilder rows = new(map with { Window = 2 });
        Refused(rows.Output(rows.Operand(Extent.Row)).Build(), "has no meaning with window 2");
        Assert.Throws<ArgumentOutOfRangeException>(() => LoopKernel.Compile(LoopExamples.Sum(3), 64));

        static void Refused(LoopSpecification specification, string why) =>
            Assert.Contains(
                why,
                Assert.Throws<ArgumentException>(() => LoopKernel.Compile(specification, 256)).Message,
                StringComparison.Ordinal
            );
    }

    private static float[][] Run(int bits, LoopSpecification specification, params float[][] operands) =>
        LoopMemory.Run(LoopKernel.Compile(specification, bits), operands);
}
