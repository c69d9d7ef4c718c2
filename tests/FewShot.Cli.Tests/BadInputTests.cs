using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Each mistake gives one line that says what is wrong and what to do, and an exit code of its kind.</summary>
public sealed class BadInputTests
{
    [Fact]
    public void Unknown_method_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Usage, ["unknown method 'mmal'", "Did you mean 'maml'?"], "train", "--method", "mmal");

    [Fact]
    public void Unknown_source_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Data, ["'glyhps'", "Did you mean 'glyphs'?"], "train", "--data", "glyhps");

    [Fact]
    public void Unknown_network_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Usage, ["'conv5'", "Did you mean 'conv4'?"], "train", "--model", "conv5");

    [Fact]
    public void Missing_data_say_how_to_get_them()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Refused(
            ExitCode.Data,
            ["images_background.zip", "fewshot data get omniglot", "--data-root"],
            "train",
            "--data",
            "omniglot",
            "--data-root",
            folder.Path
        );
    }

    [Fact]
    public void Damaged_archive_says_to_get_it_again()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["images_background.zip"], [0x50, 0x4b, 3, 4, 0, 0, 0]);
        CommandResult.Refused(
            ExitCode.Data,
            ["images_background.zip", "fewshot data get omniglot"],
            "train",
            "--data",
            "omniglot",
            "--data-root",
            folder.Path
        );
    }

    [Fact]
    public void More_ways_than_classes() =>
        CommandResult.Refused(ExitCode.Data, ["5000 ways", "ask for fewer ways"], "train", "--data", "glyphs", "--ways", "5000");

    [Fact]
    public void Images_need_a_folder() =>
        CommandResult.Refused(ExitCode.Data, ["folder of class folders", "--data-root"], "train", "--data", "images");

    [Fact]
    public void Class_with_too_few_images()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 10; i++)
        {
            AdaptPredictTests.WriteGlyph(Path.Combine(folder.Path, $"class{i}", "0.png"), i, 0);
        }

        CommandResult.Refused(
            ExitCode.Data,
            ["has 1 example", "1 shots + 15 queries"],
            "train",
            "--data",
            "images",
            "--data-root",
            folder.Path,
            "--ways",
            "2"
        );
    }

    [Fact]
    public void Damaged_image_is_named()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        foreach (string name in new[] { "a", "b" })
        {
            AdaptPredictTests.WriteGlyph(Path.Combine(folder["support"], name, "0.png"), 1, 0);
        }

        string path = Path.Combine(folder["support"], "b", "0.png");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..60]);
        CommandResult.Refused(
            ExitCode.Data,
            [path],
            "adapt",
            "--run",
            folder["run"],
            "--support",
            folder["support"],
            "--out",
            folder["m.safetensors"]
        );
    }

    [Fact]
    public void Table_needs_its_columns()
    {
        using var folder = new TemporaryFolder();
        Runs.WriteTable(folder["t.csv"]);
        CommandResult.Refused(ExitCode.Usage, ["--group COLUMN"], "train", "--data", "table", "--data-root", folder["t.csv"]);
        CommandResult.Refused(
            ExitCode.Data,
            ["no column 'lin'", "Did you mean 'line'?"],
            "train",
            "--data",
            "table",
            "--data-root",
            folder["t.csv"],
            "--group",
            "lin",
            "--target",
            "y"
        );
    }

    [Fact]
    public void Not_a_number_in_a_table_is_located()
    {
        using var folder = new TemporaryFolder();
        Runs.WriteTable(folder["t.csv"], corrupt: "NaN");
        CommandResult.Refused(
            ExitCode.Data,
            ["Line 65", "column 'x'", "'NaN'"],
            "train",
            "--data",
            "table",
            "--data-root",
            folder["t.csv"],
            "--group",
            "line",
            "--target",
            "y",
            "--shots",
            "3",
            "--queries",
            "3"
        );
    }

    [Fact]
    public void Options_that_would_be_ignored_are_refused() =>
        CommandResult.Refused(ExitCode.Usage, ["--gray is for --data images"], "train", "--data", "glyphs", "--gray");

    [Fact]
    public void Inner_rate_of_a_closed_form_is_refused() =>
        CommandResult.Refused(ExitCode.Usage, ["r2d2", "gradient descent"], "train", "--method", "r2d2", "--inner-rate", "0.1");

    [Fact]
    public void Pattern_of_another_model_is_refused() =>
        CommandResult.Refused(ExitCode.Usage, ["pattern 0011", "4 layers, the model 5"], "train", "--pattern", "0011");

    [Fact]
    public void Run_of_nothing_is_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Refused(ExitCode.Storage, ["is not the folder of a run"], "evaluate", "--run", folder["no-run"]);
        CommandResult.Refused(ExitCode.Usage, ["--run is missing"], "evaluate");
    }

    [Fact]
    public void Other_size_of_inputs_is_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        CommandResult.Refused(
            ExitCode.Usage,
            ["trained on regression of inputs 1", "inputs 28×28×1"],
            "evaluate",
            "--run",
            folder["run"],
            "--data",
            "glyphs"
        );
    }

    [Fact]
    public void Other_ways_than_the_head_are_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(
            "train",
            "--method",
            "maml",
            "--channels",
            "4",
            "--queries",
            "2",
            "--inner-steps",
            "1",
            "--meta-batch",
            "1",
            "--iterations",
            "1",
            "--validation-episodes",
            "2",
            "--out",
            folder["run"]
        );
        CommandResult.Refused(
            ExitCode.Usage,
            ["head for 5 ways", "train with --ways 7"],
            "evaluate",
            "--run",
            folder["run"],
            "--ways",
            "7"
        );
    }

    [Fact]
    public void Checkpoint_of_another_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["small"]));
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["large"], "--hidden", "9,9"));
        File.Copy(RunFolder.LatestPath(folder["large"]), RunFolder.LatestPath(folder["small"]), overwrite: true);
        CommandResult.Refused(
            ExitCode.Storage,
            ["latest.safetensors", "checkpoint of another model"],
            "train",
            "--out",
            folder["small"],
            "--iterations",
            "30"
        );
    }

    [Fact]
    public void Truncated_checkpoint_is_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        Truncate(RunFolder.LatestPath(folder["run"]));
        CommandResult.Refused(ExitCode.Storage, ["latest.safetensors"], "train", "--out", folder["run"], "--iterations", "30");
        CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "2"); // which does not need it
        Truncate(RunFolder.BestPath(folder["run"]));
        CommandResult.Refused(ExitCode.Storage, ["best.safetensors"], "evaluate", "--run", folder["run"]);

        static void Truncate(string file) => File.WriteAllBytes(file, File.ReadAllBytes(file)[..^100]);
    }

    [Fact]
    public void Model_file_of_something_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        CommandResult.Refused(
            ExitCode.Storage,
            ["best.safetensors", "is a learner, not a model"],
            "predict",
            "--model",
            RunFolder.BestPath(folder["run"]),
            "x.csv"
        );
    }

    [Fact]
    public void Changed_configuration_is_not_resumed()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        CommandResult.Refused(
            ExitCode.Storage,
            ["another configuration", "learner.innerSteps is 2 in the folder, 3 now"],
            "train",
            "--out",
            folder["run"],
            "--inner-steps",
            "3"
        );
    }

    [Fact]
    public void Folder_of_something_else_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["thesis.tex"], "");
        CommandResult.Refused(ExitCode.Storage, ["thesis.tex", "give an empty or a new folder"], Runs.Sinusoid.With("--out", folder.Path));
        Assert.Equal(["thesis.tex"], folder.FileNames);
    }

    [Fact]
    public void Read_only_folder()
    {
        using var disk = new SmallDisk(64);
        disk.MakeReadOnly();
        CommandResult.Refused(ExitCode.Storage, ["cannot create the folder"], Runs.Sinusoid.With("--out", disk["run"]));
    }

    [Fact]
    public void Full_disk()
    {
        using var disk = new SmallDisk(24);
        CommandResult.Refused(ExitCode.Storage, ["No space left"], Runs.Sinusoid.With("--out", disk["run"], "--hidden", "64,64"));
    }

    [Fact]
    public void Diverged_training_says_what_to_try()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Refused(
            ExitCode.Diverged,
            ["training diverged", "--inner-rate"],
            Runs.Sinusoid.With("--out", folder["run"], "--inner-rate", "1e30")
        );
        CommandResult.Refused(ExitCode.Storage, ["no weights yet", "fewshot train --out"], "evaluate", "--run", folder["run"]);
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
    }
}
