using FewShot.Compute.Kernels;
using Xunit;

namespace FewShot.Compute.Tests.Kernels;

[Trait("Category", "Simd")]
public sealed unsafe class MatrixProductTests
{
    public static TheoryData<string, bool, bool> LevelsAndLayouts()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (string level in Enum.GetNames<SimdLevel>())
        {
            foreach (bool transposeA in (bool[])[false, true])
            {
                data.Add(level, transposeA, false);
                data.Add(level, transposeA, true);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(LevelsAndLayouts))]
    public void Every_width_and_height_agrees_with_the_definition(string level, bool transposeA, bool transposeB)
    {
        var random = new Random(3);
        for (int size = 1; size <= 70; size++)
        {
            Check(random.Next(1, 20), size, random.Next(1, 30), transposeA, transposeB, Enum.Parse<SimdLevel>(level), random);
            Check(size, random.Next(1, 40), random.Next(1, 30), transposeA, transposeB, Enum.Parse<SimdLevel>(level), random);
        }

        Check(75, 5, 64, transposeA, transposeB, Enum.Parse<SimdLevel>(level), random);
        Check(33, 130, 200, transposeA, transposeB, Enum.Parse<SimdLevel>(level), random);
    }

    [Fact]
    public void Empty_sizes_are_refused_by_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => MatrixProduct.Prepare(3, 0, 2, false, false, SimdLevel.Vector128));
        Assert.Contains("[3, 2] x [2, 0]", error.Message, StringComparison.Ordinal);
    }

    private static void Check(int m, int n, int k, bool transposeA, bool transposeB, SimdLevel level, Random random)
    {
        using var a = new GuardedBuffer(m * k, atEnd: random.Next(2) == 0);
        using var b = new GuardedBuffer(k * n, atEnd: random.Next(2) == 0);
        using var c = new GuardedBuffer(m * n, atEnd: random.Next(2) == 0);
        a.Fill(random);
        b.Fill(random);
        MatrixProductKernel kernel = MatrixProduct.Prepare(m, n, k, transposeA, transposeB, level);
        using var scratch = new GuardedBuffer(kernel.ScratchBytes / sizeof(float), atEnd: true, alignment: 64);
        kernel.Run(a.Pointer, b.Pointer, c.Pointer, (byte*)scratch.Pointer);
        SteadyState.AllocatesNothing(() => kernel.Run(a.Pointer, b.Pointer, c.Pointer, (byte*)scratch.Pointer));
        double[] expected = KernelReference.MatrixProduct(m, n, k, transposeA, transposeB, a.Span, b.Span);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(c.Span[i] - expected[i]) <= 1e-5 * Math.Sqrt(k)))
            {
                Assert.Fail($"{kernel.Description} at {level}: element {i} is {c.Span[i]}, not {expected[i]}.");
            }
        }

        Assert.True(c.SurroundingsIntact(), $"{kernel.Description} at {level} wrote outside its result.");
        Assert.True(scratch.SurroundingsIntact(), $"{kernel.Description} at {level} wrote outside its scratch.");
    }
}
