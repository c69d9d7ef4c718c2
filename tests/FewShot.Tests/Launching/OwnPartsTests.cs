using System.Globalization;
using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// A program that sees the public surface alone, with a layer, an adaptation, a weighting, a loss, an optimiser and a source that are its
/// own: they train, evaluate, pass the check, are planned and saved together, and are loaded by a process that registered them and by none
/// that did not.
/// </summary>
public sealed class OwnPartsTests
{
    [Fact]
    public void Parts_of_a_stranger_are_trained_saved_loaded_where_registered_and_refused_elsewhere()
    {
        using var folder = new TemporaryFolder();
        string learner = folder["learner.safetensors"];
        (int status, string trained) = Run("train", learner);
        Assert.True(status == 0, trained);
        string[] lines = trained.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal("iterations 300", lines[0]);

        // Three classes: chance is a third.
        Assert.True(double.Parse(lines[1].Split(' ')[1], CultureInfo.InvariantCulture) > 0.6, lines[1]);
        Assert.Equal("check True", lines[2]);
        Assert.Equal("bytes True", lines[3]);

        (status, string used) = Run("use", learner);
        Assert.True(status == 0, used);
        Assert.Equal(lines[4..], used.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

        (status, string refused) = Run("forget", learner);
        Assert.Equal(1, status);
        Assert.Contains("is not registered in this program; call PartRegistry.Register(", refused, StringComparison.Ordinal);
    }

    private static (int Status, string Output) Run(params string[] arguments) =>
        Dotnet.Run(
            Repository.Root,
            [Path.Combine(Repository.Root, "artifacts", "bin", "OwnParts", "release", "OwnParts.dll"), .. arguments]
        );
}
