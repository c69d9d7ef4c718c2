using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Runs on a user's own images, whose folder changes afterwards.</summary>
public sealed class ImageFolderRunTests
{
    private static readonly string[] s_quick =
    [
        "--iterations",
        "2",
        "--ways",
        "2",
        "--queries",
        "1",
        "--image-size",
        "16",
        "--gray",
        "--channels",
        "4",
        "--seed",
        "1",
        "--workers",
        "1",
    ];

    [Fact]
    public void A_grown_folder_neither_moves_a_class_nor_changes_what_is_measured_of_the_old_ones()
    {
        using var folder = new TemporaryFolder();
        Fill(folder["images"], 0, 20);
        Train(folder);
        string[] trained = [.. Configuration(folder)["data"]!["trainingClasses"]!.AsArray().Select(name => (string)name!)];
        Assert.Equal(14, trained.Length);
        Assert.Equal("byHash", (string)Configuration(folder)["data"]!["division"]!);

        double Measured() =>
            (double)
                CommandResult.Good("evaluate", "--run", folder["run"], "--split", "validation", "--episodes", "30", "--json").Json["loss"]!;
        double before = Measured();
        foreach (string name in new[] { "class22", "class23" })
        {
            // Both of the training split: they change its mean and deviation, and nothing that is measured.
            for (int i = 0; i < 3; i++)
            {
                AdaptPredictTests.WriteGlyph(Path.Combine(folder["images"], name, $"{i}.png"), 77, i);
            }
        }

        Assert.Equal(before, Measured());
        CommandResult.Refused(
            ExitCode.Data,
            ["learns from 14 classes", "now has 16", "'class22'"],
            "train",
            "--out",
            folder["run"],
            "--iterations",
            "4"
        );
    }

    [Fact]
    public void Classes_of_the_training_are_named_and_left_out_of_the_test()
    {
        using var folder = new TemporaryFolder();
        Fill(Path.Combine(folder["images"], "train"), 0, 4);
        Fill(Path.Combine(folder["images"], "test"), 10, 3);
        Train(folder);
        Directory.Move(Path.Combine(folder["images"], "train", "class01"), Path.Combine(folder["images"], "test", "class01"));
        CommandResult result = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "10");
        Assert.Contains("left out, because the run was trained on them: class01", result.Error, StringComparison.Ordinal);
        CommandResult.Refused(
            ExitCode.Data,
            ["has 3 classes", "ask for 4 ways", "left out because the learner was trained on them"],
            "evaluate",
            "--run",
            folder["run"],
            "--ways",
            "4"
        );
    }

    [Fact]
    public void A_run_of_before_keeps_its_division_and_says_what_it_cannot_know()
    {
        using var folder = new TemporaryFolder();
        Fill(folder["images"], 0, 20);
        Train(folder);

        // What the configuration of such a run says: nothing of either.
        JsonObject configuration = Configuration(folder);
        JsonObject data = configuration["data"]!.AsObject();
        Assert.True(data.Remove("division") && data.Remove("trainingClasses"));
        File.WriteAllText(Path.Combine(folder["run"], "config.json"), configuration.ToJsonString());
        Runs.ForgetConfiguration(folder["run"]);

        // By rank other classes are for training than those it was trained on by hash, and their mean tells.
        CommandResult result = CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "10");
        Assert.Contains("does not say on which classes it was trained", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspection_names_files_that_are_the_same_in_two_splits()
    {
        using var folder = new TemporaryFolder();
        Fill(Path.Combine(folder["images"], "train"), 0, 2);
        Fill(Path.Combine(folder["images"], "test"), 10, 2);
        string original = Path.Combine(folder["images"], "train", "class00", "0.png"),
            copy = Path.Combine(folder["images"], "test", "class10", "copy.png");
        File.Copy(original, copy);
        Assert.Contains(
            "identical files in several splits",
            CommandResult.Good("data", "inspect", "images", "--data-root", folder["images"]).Output,
            StringComparison.Ordinal
        );
        JsonArray same = Assert
            .Single(
                CommandResult.Good("data", "inspect", "images", "--data-root", folder["images"], "--json").Json["identical"]!.AsArray()
            )!
            .AsArray();
        Assert.Equal([copy, original], same.Select(image => (string)image!["file"]!));
        Assert.Equal(["test", "train"], same.Select(image => (string)image!["split"]!));
    }

    private static void Train(TemporaryFolder folder) =>
        CommandResult.Good([
            "train",
            "--method",
            "protonet",
            "--data",
            "images",
            "--data-root",
            folder["images"],
            "--out",
            folder["run"],
            .. s_quick,
        ]);

    private static JsonObject Configuration(TemporaryFolder folder) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(folder["run"], "config.json")))!.AsObject();

    private static void Fill(string folder, int first, int classes)
    {
        for (int c = first; c < first + classes; c++)
        {
            for (int i = 0; i < 3; i++)
            {
                AdaptPredictTests.WriteGlyph(Path.Combine(folder, $"class{c:00}", $"{i}.png"), c, i);
            }
        }
    }
}
