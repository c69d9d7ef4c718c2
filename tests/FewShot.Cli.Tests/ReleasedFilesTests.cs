using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>
/// Run folders and model files of earlier releases are read, used and gone on with; what they answer is what that release answered.
/// </summary>
public sealed class ReleasedFilesTests
{
    private static readonly string s_files = Path.Combine(Repository.Root, "tests", "FewShot.Cli.Tests", "release-0.1.0");

    // What the release answered to queries.csv; the last digits depend on the vector level.
    private static readonly double[] s_answers = [0.21229034662246704, 0.39303380250930786, 0.807364821434021];

    [Fact]
    public void A_model_that_stands_for_itself_answers_as_before() =>
        Answers("predict", "--model", File("model.safetensors"), File("queries.csv"), "--json");

    [Fact]
    public void A_model_of_changes_answers_as_before_beside_its_run() =>
        Answers("predict", "--model", File("changes.safetensors"), "--run", File("sinusoid"), File("queries.csv"), "--json");

    [Fact]
    public void A_run_adapts_as_before()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good("adapt", "--run", File("sinusoid"), "--support", File("support.csv"), "--out", folder["model"]);
        Answers("predict", "--model", folder["model"], File("queries.csv"), "--json");
    }

    [Theory]
    [InlineData("sinusoid", 3.7621613246812413)]
    [InlineData("glyphs", 1.061154558658632)]
    public void A_run_measures_as_before(string run, double loss)
    {
        JsonObject json = CommandResult.Good("evaluate", "--run", File(run), "--episodes", "20", "--json").Json;
        Assert.Equal(loss, (double)json["loss"]!, 1e-4 * loss);
    }

    [Theory]
    [InlineData("sinusoid")]
    [InlineData("glyphs")]
    public void A_run_goes_on(string run)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["run"]);
        foreach (string file in Directory.EnumerateFiles(File(run)))
        {
            System.IO.File.Copy(file, Path.Combine(folder["run"], Path.GetFileName(file)));
        }

        JsonObject json = CommandResult.Good("train", "--out", folder["run"], "--iterations", "8", "--workers", "1", "--json").Json;
        Assert.Equal(8, (long)json["iterations"]!);
    }

    private static string File(string name) => Path.Combine(s_files, name);

    private static void Answers(params string[] command)
    {
        JsonArray predictions = CommandResult.Good(command).Json["predictions"]!.AsArray();
        Assert.Equal(s_answers.Length, predictions.Count);
        Assert.All(s_answers.Zip(predictions), pair => Assert.Equal(pair.First, (double)pair.Second!["value"]!, 1e-5));
    }
}
