using FewShot.Data;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class EvaluateSplitTests
{
    [Fact]
    public void Only_the_split_that_is_measured_needs_the_classes_of_a_task()
    {
        using var folder = new TemporaryFolder();
        int character = 0;
        foreach ((string split, int classes) in new[] { ("train", 2), ("validation", 2), ("test", 4) })
        {
            for (int label = 0; label < classes; label++, character++)
            {
                for (int image = 0; image < 4; image++)
                {
                    AdaptPredictTests.WriteGlyph(Path.Combine(folder["data"], split, $"{split}{label}", $"{image}.png"), character, image);
                }
            }
        }

        CommandResult.Good(
            "train",
            "--method",
            "protonet",
            "--data",
            "images",
            "--data-root",
            folder["data"],
            "--ways",
            "2",
            "--shots",
            "1",
            "--queries",
            "2",
            "--channels",
            "4",
            "--meta-batch",
            "2",
            "--iterations",
            "2",
            "--validation-episodes",
            "2",
            "--workers",
            "1",
            "--out",
            folder["run"]
        );
        string[] evaluate = ["evaluate", "--run", folder["run"], "--ways", "4", "--episodes", "2"];
        Assert.Equal(4, (int)CommandResult.Good(evaluate.With("--json")).Json["ways"]!);
        CommandResult.Refused(ExitCode.Data, ["validation", "4"], evaluate.With("--split", "validation"));

        // The same files and the learner from a program: what it reads is what was evaluated.
        Learner learner = Learner.Load(folder["run"]);
        string[] files = [.. Enumerable.Range(0, 4).Select(label => Path.Combine(folder["data"], "test", $"test{label}", "0.png"))];
        using AdaptedModel model = learner.Adapt(learner.ReadImages(files), [0, 1, 2, 3]);
        Assert.Equal([0, 1, 2, 3], model.Classify(learner.ReadImages(files)));
    }
}
