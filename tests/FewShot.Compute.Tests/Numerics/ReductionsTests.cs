using FewShot.Compute.Numerics;
using Xunit;

namespace FewShot.Compute.Tests.Numerics;

public sealed class ReductionsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1000)]
    public void Sums_are_those_of_exact_arithmetic(int length)
    {
        // Multiples of 1/64 add and multiply without rounding, in any order.
        float[] a = [.. Enumerable.Range(0, length).Select(i => ((i * 37 % 101) - 50) / 64f)];
        float[] b = [.. Enumerable.Range(0, length).Select(i => ((i * 53 % 97) - 40) / 64f)];
        Assert.Equal(a.Sum(value => (double)value), Reductions.Sum(a));
        Assert.Equal(a.Sum(value => Math.Abs((double)value)), Reductions.SumOfMagnitudes(a));
        Assert.Equal(a.Zip(b, (x, y) => (double)x * y).Sum(), Reductions.Dot(a, b));
        Assert.Equal(Math.Sqrt(a.Sum(value => (double)value * value)), Reductions.Norm(a));
    }

    [Fact]
    public void Neither_a_norm_nor_a_soft_maximum_overflows()
    {
        Assert.Equal(2.0 * 3e38f, Reductions.Norm([3e38f, 3e38f, 3e38f, 3e38f]));
        float[] shares = [1000, 1000, 0];
        Reductions.SoftMax(shares, shares);
        Assert.Equal([0.5f, 0.5f, 0f], shares);
    }

    [Fact]
    public void Spans_of_two_lengths_are_refused() => Assert.Throws<ArgumentException>(() => Reductions.Dot([1, 2], [1]));
}
