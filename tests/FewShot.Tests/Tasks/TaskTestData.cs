using FewShot.Benchmarks;
using FewShot.Data;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Tasks;

// What several tests of tasks and data need.
internal static class TaskTestData
{
    // The folder of real data, or a skipped test that says what is missing.
    public static string Require(params string[] parts)
    {
        string root =
            Environment.GetEnvironmentVariable("FEWSHOT_DATA") ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "data"));
        string wanted = Path.Combine([root, .. parts]);
        if (!Path.Exists(wanted))
        {
            Assert.Skip($"The data '{Path.Combine(parts)}' are missing: set FEWSHOT_DATA to the folder that has them.");
        }

        return root;
    }

    public static void AssertSame(Episode expected, Episode actual)
    {
        Assert.Equal(expected.SupportInputs, actual.SupportInputs);
        Assert.Equal(expected.SupportTargets, actual.SupportTargets);
        Assert.Equal(expected.QueryInputs, actual.QueryInputs);
        Assert.Equal(expected.QueryTargets, actual.QueryTargets);
        Assert.Equal(expected.SupportLabels, actual.SupportLabels);
        Assert.Equal(expected.QueryLabels, actual.QueryLabels);
        Assert.Equal(expected.ClassNames, actual.ClassNames);
        Assert.Equal(expected.TaskName, actual.TaskName);
    }

    public static Episode Draw(ITaskSource source, Split split = Split.Train, ulong seed = 7, long index = 0)
    {
        var episode = new Episode(source.Shape);
        source.Sample(split, seed, index, episode);
        return episode;
    }

    // Classes of 2×2 gray images; the pixels of image i of class c are all 20c + i.
    public static ImageClasses SmallPool(int classes, int images, bool rotations = false) =>
        new(
            2,
            2,
            1,
            [
                .. Enumerable
                    .Range(0, classes)
                    .Select(c => new ImageClass(
                        $"class{c}",
                        "group",
                        Enumerable.Range(0, images).SelectMany(i => Enumerable.Repeat((byte)((20 * c) + i), 4)).ToArray()
                    )),
            ],
            rotations: rotations
        );

    // A message that a user can act on is one line.
    public static string OneLine(Exception error)
    {
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }
}

// A folder that is gone after the test.
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fewshot-test-").FullName;

    public string Write(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
