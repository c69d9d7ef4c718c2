using FewShot.Compute.Numerics;
using Xunit;

namespace FewShot.Compute.Tests.Numerics;

public sealed class CounterRandomTests
{
    // The known answers that the authors of Philox publish for ten rounds on four words.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(
        0xffffffffu,
        0xffffffffu,
        0xffffffffu,
        0xffffffffu,
        0xffffffffu,
        0xffffffffu,
        0x408f276du,
        0x41c83b0eu,
        0xa20bc7c6u,
        0x6d5451fdu
    )]
    [InlineData(
        0x243f6a88u,
        0x85a308d3u,
        0x13198a2eu,
        0x03707344u,
        0xa4093822u,
        0x299f31d0u,
        0xd16cfe09u,
        0x94fdccebu,
        0x5001e420u,
        0x24126ea1u
    )]
    public void Philox_gives_the_published_answers(
        uint c0,
        uint c1,
        uint c2,
        uint c3,
        uint k0,
        uint k1,
        uint w0,
        uint w1,
        uint w2,
        uint w3
    ) => Assert.Equal((w0, w1, w2, w3), CounterRandom.Philox(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Same_seed_stream_and_index_repeat_and_any_other_differs()
    {
        ulong Draw(ulong seed, uint stream, ulong index)
        {
            var random = new CounterRandom(seed, stream, index);
            return random.NextUInt64();
        }

        Assert.Equal(Draw(1, 2, 3), Draw(1, 2, 3));
        ulong[] drawn = [Draw(1, 2, 3), Draw(2, 2, 3), Draw(1, 3, 3), Draw(1, 2, 4), Draw(1UL << 40, 2, 3), Draw(1, 2, 3 | (1UL << 40))];
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
    }

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        var random = new CounterRandom(11, 0, 0);
        const int Count = 200_000;
        double uniform = 0,
            normal = 0,
            squares = 0,
            fourth = 0;
        for (int i = 0; i < Count; i++)
        {
            double u = random.NextDouble();
            Assert.InRange(u, 0, 1 - 1e-17);
            uniform += u;
            double n = random.NextNormal();
            normal += n;
            squares += n * n;
            fourth += n * n * n * n;
        }

        Assert.Equal(0.5, uniform / Count, 0.005);
        Assert.Equal(0, normal / Count, 0.01);
        Assert.Equal(1, squares / Count, 0.02);
        Assert.Equal(3, fourth / Count, 0.15);
    }

    [Fact]
    public void Choices_are_different_numbers_and_every_ordered_pair_is_equally_likely()
    {
        var random = new CounterRandom(5, 0, 0);
        int[,] counts = new int[5, 5];
        Span<int> chosen = stackalloc int[2];
        for (int i = 0; i < 40_000; i++)
        {
            random.Choose(5, chosen);
            counts[chosen[0], chosen[1]]++;
        }

        for (int a = 0; a < 5; a++)
        {
            for (int b = 0; b < 5; b++)
            {
                Assert.InRange(counts[a, b], a == b ? 0 : 1800, a == b ? 0 : 2200);
            }
        }

        Span<int> all = stackalloc int[9];
        random.Choose(9, all);
        Assert.Equal(Enumerable.Range(0, 9), all.ToArray().Order());
        Assert.Throws<ArgumentException>(() => new CounterRandom(1, 1, 1).Choose(2, new int[3]));
    }

    [Fact]
    public void Shuffle_keeps_the_items_and_whole_numbers_stay_below_the_bound()
    {
        var random = new CounterRandom(9, 0, 0);
        int[] items = [.. Enumerable.Range(0, 20)];
        random.Shuffle<int>(items);
        Assert.NotEqual(Enumerable.Range(0, 20), items);
        Assert.Equal(Enumerable.Range(0, 20), items.Order());
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(random.NextInt32(3), 0, 2);
        }
    }
}
