using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Tasks;
using Xunit;

namespace FewShot.PublicSurface.Tests;

/// <summary>A source of a program's own is a source like any other.</summary>
public sealed class RegisteredSourceTests
{
    private static readonly BlobSource s_blobs = Registered();

    [Fact]
    public void It_is_known_opened_and_inspected_by_its_name()
    {
        Assert.Contains(s_blobs, TaskSources.All);
        Assert.Same(s_blobs, TaskSources.Find("blobs"));
        Assert.Equal(new SourceState("built in", true), s_blobs.StateIn(null));
        ITaskSource tasks = TaskSources.Open(
            "blobs",
            null,
            new TaskOptions { Ways = 3 },
            new SourceSettings().With(BlobSource.Word, "class").With(BlobSource.Spread, 1)
        );
        var episode = new Episode(tasks.Shape);
        tasks.Sample(Split.Test, 1, 0, episode);
        Assert.Equal(["class0", "class1", "class2"], episode.ClassNames!);
        Assert.Equal([0, 1, 2], episode.SupportLabels);
        DatasetReport report = TaskSources.Read("blobs", null).Inspect();
        Assert.Equal([3], report.InputShape);
        Assert.Equal(3, report.Splits.Count);
    }

    [Fact]
    public void A_name_or_an_option_of_another_source_is_refused()
    {
        TaskSources.Register(s_blobs);
        Assert.Throws<ArgumentException>(() => TaskSources.Register(new BlobSource()));
        Assert.Throws<ArgumentException>(() => TaskSources.Register(new Other(SourceOption.Switch("gray", "Another gray."))));
        Assert.DoesNotContain(TaskSources.All, source => source is Other);
    }

    private static BlobSource Registered()
    {
        var source = new BlobSource();
        TaskSources.Register(source);
        return source;
    }

    private sealed class Other(SourceOption option) : TaskSourceDescriptor
    {
        public override string Name => "other";

        public override string Summary => "nothing";

        public override IReadOnlyList<SourceOption> Options => [option];

        public override SourceData Open(string? root, SourceSettings settings) => throw new DataException("There is nothing.");
    }
}
