using FewShot.Reporting;
using Xunit;

namespace FewShot.Tests.Reporting;

public sealed class AxisTicksTests
{
    [Theory]
    [InlineData(0, 100, 5, "0 20 40 60 80 100")]
    [InlineData(0, 1, 5, "0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(96.8, 98.4, 4, "96.5 97.0 97.5 98.0 98.5")]
    [InlineData(0, 60000, 6, "0 10k 20k 30k 40k 50k 60k")]
    [InlineData(-2, 2, 4, "−2 −1 0 1 2")]
    [InlineData(0.0011, 0.0032, 4, "0.001 0.002 0.003 0.004")]
    public void Linear_ticks_are_round_and_cover_the_data(double low, double high, int wanted, string labels) =>
        Assert.Equal(labels, string.Join(' ', Fit(AxisScale.Linear, low, high, wanted).Ticks.Select(tick => tick.Label)));

    [Theory]
    [InlineData(1, 100, 6, "1 2 5 10 20 50 100")]
    [InlineData(8, 1060, 6, "5 10 20 50 100 200 500 1000 2000")]
    [InlineData(0.0001, 10, 6, "0.0001 0.001 0.01 0.1 1 10")]
    [InlineData(1e-9, 1, 4, "10⁻⁹ 10⁻⁶ 0.001 1")]
    public void Logarithmic_ticks_are_round_and_cover_the_data(double low, double high, int wanted, string labels) =>
        Assert.Equal(labels, string.Join(' ', Fit(AxisScale.Logarithmic, low, high, wanted).Ticks.Select(tick => tick.Label)));

    [Fact]
    public void Any_range_gives_a_few_different_ticks_around_it()
    {
        var random = new Random(1);
        foreach (AxisScale scale in new[] { AxisScale.Linear, AxisScale.Logarithmic })
        {
            for (int trial = 0; trial < 2000; trial++)
            {
                double a = Math.Pow(10, (random.NextDouble() * 24) - 12);
                double b = trial % 3 == 0 ? a : a * (1 + Math.Pow(10, (random.NextDouble() * 10) - 6));
                AxisTicks axis = Fit(scale, Math.Min(a, b), Math.Max(a, b), 6);
                Assert.InRange(axis.Ticks.Count, 2, 16);
                Assert.InRange(axis.Position(a), -1e-6, 1 + 1e-6);
                Assert.InRange(axis.Position(b), -1e-6, 1 + 1e-6);
                Assert.Equal(axis.Ticks.Count, axis.Ticks.Select(tick => tick.Value).Distinct().Count());
            }
        }
    }

    private static AxisTicks Fit(AxisScale scale, double low, double high, int wanted) =>
        AxisTicks.Fit(new ChartAxis("axis", scale), [("low", low), ("high", high), ("gap", double.NaN)], wanted);
}
