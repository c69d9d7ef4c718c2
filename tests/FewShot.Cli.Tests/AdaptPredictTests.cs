using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Data.Images;
using FewShot.Tasks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class AdaptPredictTests
{
    [Fact]
    public void Images_of_a_folder_get_labels()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        foreach (string name in new[] { "alpha", "beta", "gamma" })
        {
            for (int i = 0; i < 2; i++)
            {
                WriteGlyph(Path.Combine(folder["support"], name, $"{i}.png"), name.Length, i);
                WriteGlyph(Path.Combine(folder["queries"], $"{name}-{i}.png"), name.Length, i + 2);
            }
        }

        JsonObject adapted = CommandResult
            .Good("adapt", "--run", folder["run"], "--support", folder["support"], "--out", folder["m.safetensors"], "--json")
            .Json;
        Assert.Equal(["alpha", "beta", "gamma"], adapted["classes"]!.AsArray().Select(name => (string)name!));
        JsonArray predictions = CommandResult.Good("predict", "--model", folder["m.safetensors"], folder["queries"], "--json").Json[
            "predictions"
        ]!.AsArray();
        Assert.Equal(6, predictions.Count);
        foreach (JsonNode? prediction in predictions)
        {
            JsonObject probabilities = prediction!["probabilities"]!.AsObject();
            Assert.Equal(1, probabilities.Sum(pair => (double)pair.Value!), 1e-4);
            Assert.Equal((double)probabilities[(string)prediction["label"]!]!, (double)prediction["probability"]!);
            Assert.Equal(probabilities.Max(pair => (double)pair.Value!), (double)prediction["probability"]!);
        }

        Assert.Contains(
            "alpha-0.png",
            CommandResult.Good("predict", "--model", folder["m.safetensors"], folder["queries"]).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_model_without_its_learner_is_a_few_kilobytes_and_needs_the_run()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"], "--channels", "32"));
        WriteGlyph(Path.Combine(folder["support"], "a", "0.png"), 1, 0);
        WriteGlyph(Path.Combine(folder["support"], "b", "0.png"), 2, 0);
        WriteGlyph(folder["query.png"], 2, 1);
        CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["support"], "--out", folder["whole"]);
        CommandResult adapted = CommandResult.Good(
            "adapt",
            "--run",
            folder["run"],
            "--support",
            folder["support"],
            "--out",
            folder["small"],
            "--changes-only"
        );
        Assert.Contains($"predict --run {folder["run"]} --model {folder["small"]}", adapted.Output, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(folder["small"]).Length, 1, 8000);
        Assert.InRange(new FileInfo(folder["whole"]).Length, 100_000, 200_000);
        string[] answers =
        [
            .. new string[][]
            {
                ["--model", folder["whole"]],
                ["--model", folder["whole"], "--run", folder["run"]],
                ["--model", folder["small"], "--run", folder["run"]],
            }.Select(options => CommandResult.Good(["predict", .. options, folder["query.png"], "--json"]).Json.ToJsonString()),
        ];
        Assert.Single(answers.Distinct());
        CommandResult.Refused(
            ExitCode.Storage,
            [folder["small"], "give --run with the run of its learner"],
            "predict",
            "--model",
            folder["small"],
            folder["query.png"]
        );
    }

    [Fact]
    public void A_query_alone_gets_the_answer_it_gets_among_others_unless_the_transductive_setting_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        string[] byDefault = [.. Runs.Glyphs.Where(word => word is not ("--norm-statistics" or "support"))];
        CommandResult trained = CommandResult.Good(byDefault.With("--out", folder["run"], "--json"));
        Assert.Equal("support", (string)trained.Json["normStatistics"]!);
        Assert.Contains("normalisation from support statistics", trained.Error, StringComparison.Ordinal);
        for (int character = 0; character < 3; character++)
        {
            WriteGlyph(Path.Combine(folder["support"], $"c{character}", "0.png"), character, 0);
            WriteGlyph(Path.Combine(folder["queries"], $"{character}.png"), character, 1);
        }

        CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["support"], "--out", folder["m.safetensors"]);
        CommandResult together = Predict("m.safetensors", "queries");
        CommandResult alone = Predict("m.safetensors", Path.Combine("queries", "1.png"));
        Assert.Equal(First(together, 1), First(alone, 0), 1e-5);
        Assert.Equal(("support", null), ((string)alone.Json["normStatistics"]!, (string?)alone.Json["caution"]));
        Assert.DoesNotContain("note:", alone.Error, StringComparison.Ordinal);

        CommandResult.Good(
            "adapt",
            "--run",
            folder["run"],
            "--support",
            folder["support"],
            "--norm-statistics",
            "query",
            "--out",
            folder["q.safetensors"]
        );
        together = Predict("q.safetensors", "queries");
        alone = Predict("q.safetensors", Path.Combine("queries", "1.png"));
        Assert.True(Math.Abs(First(together, 1) - First(alone, 0)) > 1e-4);
        Assert.Equal("query", (string)alone.Json["normStatistics"]!);
        Assert.Contains("1 is asked, and the learner was measured with 15", (string)alone.Json["caution"]!, StringComparison.Ordinal);
        Assert.Contains("1 is asked, and the learner was measured with 15", alone.Error, StringComparison.Ordinal);
        Assert.Contains("3 are asked", together.Error, StringComparison.Ordinal);

        CommandResult Predict(string model, string queries) =>
            CommandResult.Good("predict", "--model", folder[model], folder[queries], "--json");

        static double First(CommandResult result, int query) => (double)result.Json["predictions"]![query]!["probabilities"]!["c0"]!;
    }

    [Fact]
    public void A_file_becomes_what_training_saw()
    {
        using var folder = new TemporaryFolder();
        WriteGlyph(folder["glyph.png"], 3, 5);
        float[] expected = new float[28 * 28];
        GlyphClasses.Of(Split.Test).Copy(3, 5, expected);
        float[] read = new float[28 * 28];
        GlyphClasses.Dataset().Preparation!.Read(folder["glyph.png"], read);
        Assert.All(expected.Zip(read), pair => Assert.Equal(pair.First, pair.Second, 1f / 255));
    }

    [Fact]
    public void Rows_of_a_table_get_values_in_its_units()
    {
        using var folder = new TemporaryFolder();
        Runs.WriteTable(folder["lines.csv"]);
        CommandResult.Good(
            "train",
            "--method",
            "r2d2",
            "--data",
            "table",
            "--data-root",
            folder["lines.csv"],
            "--group",
            "line",
            "--target",
            "y",
            "--hidden",
            "8",
            "--shots",
            "5",
            "--queries",
            "5",
            "--meta-batch",
            "2",
            "--iterations",
            "200",
            "--validate-every",
            "100",
            "--out",
            folder["run"]
        );
        File.WriteAllText(folder["support.csv"], "y,x\n0,0\n6,3\n12,6\n18,9\n22,11\n");
        File.WriteAllText(folder["queries.csv"], "x\n2\n8\n");
        CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["support.csv"], "--out", folder["m.safetensors"]);
        JsonArray predictions = CommandResult.Good("predict", "--model", folder["m.safetensors"], folder["queries.csv"], "--json").Json[
            "predictions"
        ]!.AsArray();
        Assert.Equal($"{folder["queries.csv"]}:2", (string)predictions[0]!["row"]!);
        using AdaptedModel model = AdaptedModel.Load(folder["m.safetensors"]);
        var preparation = (TablePreparation)model.Definition.Preparation!;
        float[] standardised = model.Predict(preparation.Read(folder["queries.csv"], targets: null).Inputs);
        Assert.Equal(
            standardised.Select(value => preparation.Restore(value)),
            predictions.Select(prediction => (double)prediction!["value"]!),
            (a, b) => Math.Abs(a - b) < 1e-9
        );
        Assert.True(preparation.TargetScale > 10);
    }

    [Fact]
    public void Too_many_classes_for_a_head_say_so()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(
            "train",
            "--method",
            "maml",
            "--channels",
            "4",
            "--ways",
            "2",
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
        foreach (string name in new[] { "a", "b", "c" })
        {
            WriteGlyph(Path.Combine(folder["support"], name, "0.png"), 1, 0);
        }

        CommandResult.Refused(
            ExitCode.Usage,
            ["3 classes", "--ways 3"],
            "adapt",
            "--run",
            folder["run"],
            "--support",
            folder["support"],
            "--out",
            folder["m.safetensors"]
        );
    }

    internal static void WriteGlyph(string path, int character, int image)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        float[] ink = new float[28 * 28];
        GlyphClasses.Of(Split.Test).Copy(character, image, ink);
        File.WriteAllBytes(
            path,
            PngEncoder.Encode(new RasterImage(28, 28, 1, [.. ink.Select(value => (byte)(255 - MathF.Round(255 * value)))]))
        );
    }
}
