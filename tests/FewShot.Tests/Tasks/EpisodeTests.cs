using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class EpisodeTests
{
    private static ITaskSource[] Sources() =>
        [
            new SinusoidTasks(new TaskOptions { Shots = 10 }),
            new ImageTasks(GlyphClasses.Dataset(), new TaskOptions { QueriesPerClass = 2 }),
            new ImageTasks(
                new ImageDataset("small", "small", SmallPool(6, 20, rotations: true), null, SmallPool(7, 18)),
                new TaskOptions { Shots = 3 }
            ),
        ];

    [Fact]
    public void An_episode_depends_only_on_seed_split_and_index()
    {
        foreach (ITaskSource source in Sources())
        {
            Episode[] inOrder = [.. Enumerable.Range(0, 12).Select(i => Draw(source, Split.Test, 3, i))];
            var reused = new Episode(source.Shape);
            foreach (int i in new[] { 11, 4, 0, 7 })
            {
                source.Sample(Split.Test, 3, i, reused);
                AssertSame(inOrder[i], reused);
            }

            Parallel.For(0, 12, i => AssertSame(inOrder[i], Draw(source, Split.Test, 3, i)));
            Assert.NotEqual(inOrder[0].QueryInputs, inOrder[1].QueryInputs);
            Assert.NotEqual(inOrder[0].QueryInputs, Draw(source, Split.Test, 4).QueryInputs);
            Assert.NotEqual(inOrder[0].QueryInputs, Draw(source, Split.Train, 3).QueryInputs);
        }
    }

    [Fact]
    public void Sampling_allocates_nothing()
    {
        foreach (ITaskSource source in Sources())
        {
            Episode episode = Draw(source);
            long before = GC.GetAllocatedBytesForCurrentThread();
            source.Sample(Split.Train, 1, 2, episode);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Classes_are_different_ordered_and_share_no_image_between_support_and_query()
    {
        var source = new ImageTasks(
            new ImageDataset("small", "small", SmallPool(12, 20), null, null),
            new TaskOptions { Shots = 3, QueriesPerClass = 17 }
        );
        for (int index = 0; index < 50; index++)
        {
            Episode episode = Draw(source, index: index);
            Assert.Equal(5, episode.ClassNames!.Distinct().Count());
            Assert.Equal(Enumerable.Range(0, 15).Select(i => i / 3), episode.SupportLabels);
            Assert.Equal(Enumerable.Range(0, 85).Select(i => i / 17), episode.QueryLabels);
            for (int label = 0; label < 5; label++)
            {
                // All pixels of an image are 20 · class + image, over 255.
                int[] support = [.. Enumerable.Range(0, 3).Select(i => (int)MathF.Round(255 * episode.SupportInput((3 * label) + i)[0]))];
                int[] query = [.. Enumerable.Range(0, 17).Select(i => (int)MathF.Round(255 * episode.QueryInput((17 * label) + i)[0]))];
                Assert.All(support.Concat(query), value => Assert.Equal(episode.ClassNames![label], $"class{value / 20}"));
                Assert.Equal(20, support.Concat(query).Distinct().Count());
            }

            for (int i = 0; i < 85; i++)
            {
                float[] row = episode.QueryTargets[(5 * i)..((5 * i) + 5)];
                Assert.Equal(1, row[episode.QueryLabels[i]]);
                Assert.Equal(1, row.Sum());
            }
        }
    }

    [Fact]
    public void Rotated_classes_are_turned_clockwise()
    {
        var pool = new ImageClasses(2, 2, 1, [new ImageClass("a", "", new byte[] { 0, 51, 102, 153 })], rotations: true);
        float[][] expected =
        [
            [0, .2f, .4f, .6f],
            [.4f, 0, .6f, .2f],
            [.6f, .4f, .2f, 0],
            [.2f, .6f, 0, .4f],
        ];
        Assert.Equal(4, pool.Count);
        float[] image = new float[4];
        for (int turn = 0; turn < 4; turn++)
        {
            pool.Copy(turn, 0, image);
            Assert.Equal(expected[turn], image, (a, b) => Math.Abs(a - b) < 1e-6f);
        }

        Assert.Equal("a turned 90°", pool.NameOf(1));
    }

    [Fact]
    public void A_sinusoid_is_the_wave_it_says_it_is()
    {
        var source = new SinusoidTasks(new TaskOptions { Shots = 10 });
        double lowest = 9,
            highest = 0;
        for (int index = 0; index < 300; index++)
        {
            Episode episode = Draw(source, Split.Validation, 2, index);
            (double amplitude, double phase) = SinusoidTasks.WaveOf(Split.Validation, 2, index);
            Assert.InRange(amplitude, 0.1, 5);
            Assert.InRange(phase, 0, Math.PI);
            (lowest, highest) = (Math.Min(lowest, amplitude), Math.Max(highest, amplitude));
            for (int i = 0; i < 15; i++)
            {
                Assert.InRange(episode.QueryInputs[i], -5, 5);
                Assert.Equal(amplitude * Math.Sin(episode.QueryInputs[i] - phase), episode.QueryTargets[i], 1e-5);
            }
        }

        Assert.True(lowest < 0.3 && highest > 4.8);
    }

    [Fact]
    public void Impossible_tasks_are_refused_with_the_counts()
    {
        string ways = OneLine(
            Assert.Throws<DataException>(() =>
                new ImageTasks(new ImageDataset("small", "", SmallPool(9, 20), SmallPool(3, 20), null), new TaskOptions())
            )
        );
        Assert.Contains("validation split of 'small' has 3 classes, but the tasks ask for 5 ways", ways);
        string images = OneLine(
            Assert.Throws<DataException>(() =>
                new ImageTasks(new ImageDataset("small", "", SmallPool(9, 12), null, null), new TaskOptions())
            )
        );
        Assert.Contains("class 'class0'", images);
        Assert.Contains("has 12 examples, but a task needs 16 (1 shots + 15 queries)", images);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskOptions { Ways = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskOptions { Shots = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TaskOptions { QueriesPerClass = 0 });
    }

    [Fact]
    public void A_wrong_episode_or_split_is_refused()
    {
        var source = new ImageTasks(new ImageDataset("small", "", SmallPool(9, 20), null, null), new TaskOptions());
        Assert.Contains(
            "5-way 2-shot",
            Assert
                .Throws<ArgumentException>(() =>
                    source.Sample(Split.Train, 1, 0, new Episode(new TaskOptions { Shots = 2 }.Classification(2, 2, 1)))
                )
                .Message
        );
        Assert.Contains(
            "no test split",
            OneLine(Assert.Throws<DataException>(() => source.Sample(Split.Test, 1, 0, new Episode(source.Shape))))
        );
    }

    [Fact]
    public void Shapes_compare_by_value_and_check_their_sizes()
    {
        var options = new TaskOptions
        {
            Ways = 3,
            Shots = 2,
            QueriesPerClass = 4,
        };
        TaskShape shape = options.Classification(28, 28, 1);
        Assert.Equal(shape, options.Classification(28, 28, 1));
        Assert.Equal(shape.GetHashCode(), options.Classification(28, 28, 1).GetHashCode());
        Assert.NotEqual(shape, options.Classification(28, 28, 3));
        Assert.Equal(
            (3, 2, 4, 6, 12, 784),
            (shape.Ways, shape.Shots, shape.QueriesPerClass, shape.SupportCount, shape.QueryCount, shape.InputSize)
        );
        Assert.Throws<ArgumentException>(() => new TaskShape(TaskKind.Classification, [2], 5, 7, 10));
        Assert.Throws<ArgumentException>(() => new TaskShape(TaskKind.Regression, [0], 1, 7, 10));
    }
}
