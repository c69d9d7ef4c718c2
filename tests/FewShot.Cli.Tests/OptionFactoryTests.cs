using FewShot.Cli.Settings;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class OptionFactoryTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("0.5h", 1800)]
    public void Reads_durations(string text, double seconds) =>
        Assert.Equal(seconds, OptionFactory.ParseDuration(text)!.Value.TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m10")]
    [InlineData("0s")]
    [InlineData("-5m")]
    public void Refuses_other_durations(string text) => Assert.Null(OptionFactory.ParseDuration(text));

    [Theory]
    [InlineData("500000", 500_000)]
    [InlineData("64MB", 64_000_000)]
    [InlineData("64 mb", 64_000_000)]
    [InlineData("1GiB", 1L << 30)]
    [InlineData("1.5K", 1500)]
    public void Reads_sizes(string text, long bytes) => Assert.Equal(bytes, OptionFactory.ParseBytes(text));

    [Theory]
    [InlineData("MB")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1 tree")]
    public void Refuses_other_sizes(string text) => Assert.Null(OptionFactory.ParseBytes(text));
}
