using FewShot.Data;
using FewShot.Data.Images;
using FewShot.Naming;
using FewShot.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class TaskSourcesTests
{
    [Theory]
    [InlineData("omniglt", "Did you mean 'omniglot'?")]
    [InlineData("Sinusoid", "Did you mean 'sinusoid'?")]
    [InlineData("cifarfs", "Did you mean 'cifar-fs'?")]
    [InlineData("imagenet1k", "The sources are glyphs")]
    public void An_unknown_name_gets_a_suggestion_and_the_list(string name, string expected)
    {
        string message = OneLine(Assert.Throws<DataException>(() => TaskSources.Open(name, null, new TaskOptions())));
        Assert.Contains(expected, message);
        Assert.All(TaskSources.All, source => Assert.Contains(source.Name, message));
    }

    [Fact]
    public void Built_in_sources_open_without_any_data_and_can_be_inspected()
    {
        foreach (string name in new[] { "glyphs", "sinusoid" })
        {
            ITaskSource source = TaskSources.Open(name, "/nowhere", new TaskOptions());
            Assert.Equal(name, source.Name);
            Assert.All(Enum.GetValues<Split>(), split => Assert.True(source.HasSplit(split)));
            DatasetReport report = TaskSources.Read(name, null).Inspect();
            Assert.Equal(source.Shape.InputShape, report.InputShape);
            Assert.Equal(3, report.Splits.Count);
        }
    }

    [Fact]
    public void A_contact_sheet_needs_images()
    {
        Assert.Contains(
            "not made of images",
            OneLine(
                Assert.Throws<DataException>(() => ContactSheet.Write("sheet.png", TaskSources.Read("sinusoid", null), Split.Train, 2, 2))
            )
        );
        ITaskSource source = TaskSources.Open(
            "glyphs",
            null,
            new TaskOptions
            {
                Ways = 3,
                Shots = 2,
                QueriesPerClass = 4,
            }
        );
        RasterImage sheet = ContactSheet.Of(Draw(source));
        Assert.Equal((2 + (3 * 30), 2 + (6 * 30) + 6), (sheet.Height, sheet.Width));
        Assert.Throws<ArgumentException>(() => ContactSheet.Of(Draw(new SinusoidTasks(new TaskOptions()))));
    }

    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    public void Edit_distance_counts_changes(string a, string b, int distance) => Assert.Equal(distance, NameSuggestion.EditDistance(a, b));

    [Fact]
    public void The_data_folder_is_the_named_one_else_the_variable()
    {
        Assert.Equal(Path.GetFullPath("/some/where"), DataFolder.Resolve("/some/where"));
        Assert.True(Path.IsPathRooted(DataFolder.Resolve(null)));
    }
}
