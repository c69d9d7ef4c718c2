using System.Reflection;
using FewShot.Benchmarks;
using FewShot.Compute.Graphs;
using FewShot.Data;
using FewShot.Reporting;
using Xunit;

namespace FewShot.PublicSurface.Tests;

/// <summary>
/// What others build on changes only on purpose. After such a purpose, <c>FEWSHOT_ACCEPT_SURFACE=1 ./test PublicSurface</c> writes the
/// lists anew; the change then shows in the commit.
/// </summary>
public sealed class SurfaceTests
{
    public static TheoryData<Type> Libraries => [typeof(Tensor), typeof(Learner), typeof(TaskSources), typeof(HtmlReport)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_of_a_library_is_the_one_listed(Type oneOfIts)
    {
        Assembly library = oneOfIts.Assembly;
        string file = Path.Combine(Repository.Root, "tests", "FewShot.PublicSurface.Tests", $"{library.GetName().Name}.txt");
        IReadOnlyList<string> actual = Surface.Of(library);
        if (Environment.GetEnvironmentVariable("FEWSHOT_ACCEPT_SURFACE") == "1")
        {
            File.WriteAllLines(file, actual);
        }

        string[] listed = File.Exists(file) ? File.ReadAllLines(file) : [];
        string[] changes = [.. listed.Except(actual).Select(line => "- " + line), .. actual.Except(listed).Select(line => "+ " + line)];
        Assert.True(
            changes.Length == 0,
            $"the public surface of {library.GetName().Name} differs from {file}:\n{string.Join('\n', changes)}\nif that is meant: "
                + "FEWSHOT_ACCEPT_SURFACE=1 ./test PublicSurface"
        );
        Assert.Equal(listed, actual);
    }
}
