using FewShot.Compute.Kernels;
using Xunit;

namespace FewShot.Compute.Tests.Kernels;

[Trait("Category", "Simd")]
public sealed class SimdLevelsTests
{
    [Fact]
    public void The_highest_available_level_is_used_unless_a_lower_one_is_asked()
    {
        SimdLevel[] available = [SimdLevel.Vector128, SimdLevel.Avx2];
        Assert.Equal(SimdLevel.Avx2, SimdLevels.Choose(null, available));
        Assert.Equal(SimdLevel.Avx2, SimdLevels.Choose("", available));
        Assert.Equal(SimdLevel.Vector128, SimdLevels.Choose("Vector128", available));
    }

    [Fact]
    public void A_level_the_processor_lacks_or_that_does_not_exist_is_an_error()
    {
        SimdLevel[] available = [SimdLevel.Vector128, SimdLevel.Avx2];
        ArgumentException lacking = Assert.Throws<ArgumentException>(() => SimdLevels.Choose("avx512", available));
        Assert.Contains("this processor lacks; it has vector128, avx2", lacking.Message, StringComparison.Ordinal);
        ArgumentException unknown = Assert.Throws<ArgumentException>(() => SimdLevels.Choose("sse9", available));
        Assert.Contains("use vector128, avx2 or avx512", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_processor_has_the_lowest_level() => Assert.Equal(SimdLevel.Vector128, SimdLevels.Available[0]);
}
