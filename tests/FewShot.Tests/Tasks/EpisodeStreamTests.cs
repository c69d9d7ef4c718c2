using FewShot.Data;
using FewShot.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class EpisodeStreamTests
{
    private static readonly SinusoidTasks s_source = new(new TaskOptions { Shots = 4 });

    [Fact]
    public void Episodes_come_in_order_and_a_stream_resumes_where_another_stopped()
    {
        long position;
        using (var stream = new EpisodeStream(s_source, Split.Train, seed: 5, capacity: 3))
        {
            for (int index = 0; index < 10; index++)
            {
                Episode episode = stream.Next();
                AssertSame(Draw(s_source, Split.Train, 5, index), episode);
                stream.Return(episode);
            }

            position = stream.Position;
        }

        Assert.Equal(10, position);
        using var resumed = new EpisodeStream(s_source, Split.Train, 5, position);
        AssertSame(Draw(s_source, Split.Train, 5, 10), resumed.Next());
    }

    [Fact]
    public void Held_episodes_are_not_overwritten_and_holding_all_is_an_error_not_a_deadlock()
    {
        using var stream = new EpisodeStream(s_source, Split.Train, 5, capacity: 4);
        Episode[] held = [stream.Next(), stream.Next(), stream.Next(), stream.Next()];
        for (int index = 0; index < held.Length; index++)
        {
            AssertSame(Draw(s_source, Split.Train, 5, index), held[index]);
        }

        Assert.Contains("All 4 episodes", Assert.Throws<InvalidOperationException>(() => stream.Next()).Message);
        stream.Return(held[2]);
        AssertSame(Draw(s_source, Split.Train, 5, 4), stream.Next());
        stream.Return(held[1]);
        Assert.Throws<ArgumentException>(() => stream.Return(held[1]));
        Assert.Throws<ArgumentException>(() => stream.Return(new Episode(s_source.Shape)));
    }

    [Fact]
    public void An_error_of_the_source_reaches_the_reader_after_the_episodes_before_it()
    {
        using var stream = new EpisodeStream(new Failing(after: 2), Split.Train, 5);
        stream.Next();
        stream.Next();
        Assert.Equal("broken at 2", Assert.Throws<DataException>(() => stream.Next()).Message);
        Assert.Equal("broken at 2", Assert.Throws<DataException>(() => stream.Next()).Message);
    }

    [Fact]
    public void Disposal_ends_the_thread_and_later_reads()
    {
        var stream = new EpisodeStream(s_source, Split.Train, 5, capacity: 1);
        Episode held = stream.Next();
        stream.Dispose();
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stream.Next());
        stream.Return(held);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var other = new EpisodeStream(s_source, Split.Train, 5);
        Assert.ThrowsAny<OperationCanceledException>(() => other.Next(cancelled.Token));
    }

    [Fact]
    public void A_missing_split_is_refused_at_once()
    {
        var source = new ImageTasks(new ImageDataset("small", "", SmallPool(9, 20), null, null), new TaskOptions());
        Assert.Throws<DataException>(() => new EpisodeStream(source, Split.Test, 1));
    }

    private sealed class Failing(long after) : ITaskSource
    {
        public string Name => "failing";

        public string Description => "fails";

        public TaskShape Shape => s_source.Shape;

        public bool HasSplit(Split split) => true;

        public void Sample(Split split, ulong seed, long index, Episode destination)
        {
            if (index >= after)
            {
                throw new DataException($"broken at {index}");
            }
        }
    }
}
