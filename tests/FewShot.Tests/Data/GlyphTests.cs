using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Data;

public sealed class GlyphTests
{
    [Fact]
    public void Splits_have_their_own_alphabets_with_enough_characters()
    {
        HashSet<string> seen = [];
        foreach (Split split in Enum.GetValues<Split>())
        {
            GlyphClasses pool = GlyphClasses.Of(split);
            Assert.True(pool.Count > 250, $"{split} has {pool.Count} characters");
            string[] alphabets = [.. Enumerable.Range(0, pool.Count).Select(pool.GroupOf).Distinct()];
            Assert.All(alphabets, name => Assert.True(seen.Add(name)));
            Assert.Equal(pool.Count, Enumerable.Range(0, pool.Count).Select(pool.NameOf).Distinct().Count());
        }
    }

    [Fact]
    public void Drawings_are_ink_on_background_repeat_by_number_and_differ_by_hand()
    {
        GlyphClasses pool = GlyphClasses.Of(Split.Test);
        float[] first = new float[784],
            again = new float[784],
            other = new float[784];
        for (int index = 0; index < pool.Count; index++)
        {
            pool.Copy(index, 1, first);
            pool.Copy(index, 2, other);
            pool.Copy(index, 1, again);
            Assert.Equal(first, again);
            Assert.NotEqual(first, other);
            Assert.All(first, value => Assert.InRange(value, 0, 1));
            Assert.True(first.Max() > 0.8f && first.Average() is > 0.015f and < 0.45f, $"{pool.NameOf(index)} has {first.Average()} ink");
        }
    }

    [Fact]
    public void A_character_is_nearer_to_itself_than_to_others()
    {
        // Nearest neighbour on blurred pixels, one example each of five characters: far above the 20 % of chance, far below certain.
        var source = new ImageTasks(GlyphClasses.Dataset(), new TaskOptions { QueriesPerClass = 3 });
        var episode = new Episode(source.Shape);
        int right = 0,
            asked = 0;
        for (int index = 0; index < 60; index++)
        {
            source.Sample(Split.Test, 1, index, episode);
            for (int query = 0; query < 15; query++)
            {
                float[] blurred = Blur(episode.QueryInput(query));
                int nearest = Enumerable.Range(0, 5).MinBy(label => Distance(blurred, Blur(episode.SupportInput(label))));
                right += nearest == episode.QueryLabels[query] ? 1 : 0;
                asked++;
            }
        }

        Assert.InRange((double)right / asked, 0.6, 0.995);
    }

    private static float Distance(float[] a, float[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static float[] Blur(Span<float> image)
    {
        float[] blurred = new float[100];
        for (int i = 0; i < 784; i++)
        {
            blurred[(i / 28 / 3 * 10) + (i % 28 / 3)] += image[i];
        }

        return blurred;
    }
}
