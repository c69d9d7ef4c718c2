using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Data.Images;
using FewShot.Tasks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>
/// Files that once failed: what the manifest of the folder says is right for each holds. The folder is FEWSHOT_CASES, else shared/cases
/// beside the repository.
/// </summary>
public sealed class CasesTests
{
    private static readonly string s_root =
        Environment.GetEnvironmentVariable("FEWSHOT_CASES") ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "cases"));

    private static readonly Dictionary<string, Action<string>> s_checks = new()
    {
        ["tables/latin1-groups.csv"] = file =>
        {
            Refused(ExitCode.Data, file, ["utf-8", "Line 2", "--encoding"], Inspect(file, "school", "y"));
            Assert.Equal(10, GroupsOf(file, "school", "y", "--encoding", "windows-1252"));
            Assert.Equal(10, GroupsOf(Find("tables/utf8-groups.csv"), "school", "y"));
        },
        ["tables/semicolons-decimal-commas.csv"] = file =>
        {
            Refused(
                ExitCode.Data,
                file,
                ["Line 2, column 'temp'", "decimal comma", "semicolons", "--decimal comma"],
                Inspect(file, "machine", "wear")
            );
            _ = GroupsOf(file, "machine", "wear", "--decimal", "comma");
            _ = GroupsOf(file, "machine", "wear", "--decimal", "comma", "--separator", "semicolon");
        },
        ["tables/tabs.tsv"] = file =>
        {
            Assert.Equal(GroupsOf(file, "machine", "wear", "--separator", "tab"), GroupsOf(file, "machine", "wear"));
            Refused(
                ExitCode.Data,
                file,
                ["no column 'machine'", "separated by commas"],
                [.. Inspect(file, "machine", "wear"), "--separator", "comma"]
            );
        },
        ["tables/text-target.csv"] = file =>
        {
            Refused(ExitCode.Data, file, ["column 'wear'", "--kind classification"], Inspect(file, "machine", "wear"));
            _ = GroupsOf(file, "machine", "wear", "--kind", "classification");
        },
        ["tables/missing-cells.csv"] = file =>
            Refused(ExitCode.Data, file, ["Line ", "column '", "remove the row"], Inspect(file, "machine", "wear")),
        ["tables/text-feature.csv"] = file =>
        {
            Refused(ExitCode.Data, file, ["Line 2, column 'maker'", "'north'", "--features"], Inspect(file, "machine", "wear"));
            _ = GroupsOf(file, "machine", "wear", "--features", "temp,load");
        },
        ["tables/bare-cr.csv"] = file => Refused(ExitCode.Data, file, ["carriage return alone", "line ends"], Inspect(file, "group", "y")),
        ["tables/queries-huge.csv"] = RowsThatOverflow,
        ["models/two-classes-of-one-name.safetensors"] = file => RefusedModel(file, "two classes are named 'a'"),
        ["models/null-class-name.safetensors"] = file => RefusedModel(file, "not a list of names"),
        ["models/nan-weights.safetensors"] = file => RefusedModel(file, "not finite"),
        ["models/preparation-without-form.safetensors"] = file => RefusedModel(file, "'preparation.form' is missing"),
        ["models/unknown-method.safetensors"] = file => RefusedModel(file, "unknown method 'pro"),
        ["models/impossible-shape.safetensors"] = file => RefusedModel(file, "[28]"),
        ["models/hundred-thousand-channels.safetensors"] = file => RefusedModel(file, "100000"),
        ["runs/config-bad-utf8.json"] = file => RefusedConfiguration(File.ReadAllBytes(file)),
        ["runs/config-key-twice.json"] = file => RefusedConfiguration(File.ReadAllBytes(file)),
        ["runs/config-queries-changed.json"] = _ => RefusedConfiguration(null),
        ["runs/log-bad-utf8.jsonl"] = ResumedOrRefused,
        ["images/photo.jpg"] = file => Assert.Equal(2, Probabilities(file, file).Length),
        ["images/jpeg-named.png"] = file =>
            Assert.Equal(Probabilities(Find("images/photo.jpg"), Find("images/photo.jpg")), Probabilities(file, file)),
        ["images/rotated-exif6.jpg"] = TurnedUpright,
        ["images/cmyk.jpg"] = ReadOrRefusedByColours,
        ["images/empty.png"] = file => RefusedImage(file, "empty"),
        ["images/row-overflow.png"] = file => RefusedImage(file, "row-overflow.png"),
        ["images/many-declared-pixels.png"] = file =>
        {
            RefusedImage(file, "many-declared-pixels.png");

            // The decoding alone, once its code is compiled.
            long before = GC.GetTotalAllocatedBytes();
            long started = System.Diagnostics.Stopwatch.GetTimestamp();
            Assert.Throws<DataException>(() => ImageDecoder.Read(file));
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 1);
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 200 << 20);
        },
    };

    public static TheoryData<string> Files => [.. s_checks.Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void What_once_failed_is_right(string file) => s_checks[file](Find(file));

    [Fact]
    public void Every_file_of_the_cases_has_its_check()
    {
        Assert.SkipUnless(Directory.Exists(s_root), "The cases are missing: set FEWSHOT_CASES to the folder that has them.");
        string[] companions = ["tables/utf8-groups.csv", "tables/train.csv", "tables/support.csv"];
        IEnumerable<string> files = Directory
            .EnumerateDirectories(s_root)
            .SelectMany(Directory.EnumerateFiles)
            .Select(path => Path.GetRelativePath(s_root, path));
        Assert.Empty(files.Except([.. s_checks.Keys, .. companions]));
    }

    // Rows 1 and 2 are answered, each of the others is refused by its line, whether text or JSON is asked for.
    private static void RowsThatOverflow(string queries)
    {
        using var folder = new TemporaryFolder();
        string model = folder["m.safetensors"];
        CommandResult.Good(
            "train",
            "--method",
            "protonet",
            "--data",
            "table",
            "--data-root",
            Find("tables/train.csv"),
            "--group",
            "group",
            "--target",
            "label",
            "--kind",
            "classification",
            "--features",
            "x,z",
            "--ways",
            "2",
            "--shots",
            "3",
            "--queries",
            "3",
            "--iterations",
            "5",
            "--meta-batch",
            "2",
            "--validation-episodes",
            "4",
            "--out",
            folder["run"]
        );
        CommandResult.Good("adapt", "--run", folder["run"], "--support", Find("tables/support.csv"), "--out", model);
        Refused(ExitCode.Data, queries, ["Line 4, column 'x'"], "predict", "--model", model, queries);
        string[] lines = File.ReadAllLines(queries);
        for (int row = 3; row <= 5; row++)
        {
            File.WriteAllLines(folder["row.csv"], [lines[0], lines[1], lines[row]]);
            Refused(ExitCode.Data, folder["row.csv"], ["Line 3, column"], "predict", "--model", model, folder["row.csv"]);
        }

        File.WriteAllLines(folder["good.csv"], lines[..3]);
        JsonArray answers = CommandResult.Good("predict", "--model", model, folder["good.csv"], "--json").Json["predictions"]!.AsArray();
        Assert.Equal(2, answers.Count);
        Assert.All(answers, answer => Assert.InRange((double)answer!["probability"]!, 0.5, 1));
    }

    private static void RefusedModel(string file, string fault) =>
        Refused(ExitCode.Storage, file, [fault], "predict", "--model", file, "x.csv");

    // A configuration in place of that of a finished run; null changes the number of queries in the run's own.
    private static void RefusedConfiguration(byte[]? configuration)
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        string path = Path.Combine(folder["run"], "config.json");
        string own = File.ReadAllText(path);
        string changed = own.Replace("\"queries\": 5", "\"queries\": 7", StringComparison.Ordinal);
        Assert.NotEqual(own, changed);
        File.WriteAllBytes(path, configuration ?? System.Text.Encoding.UTF8.GetBytes(changed));
        Refused(ExitCode.Storage, "config.json", [], "evaluate", "--run", folder["run"], "--episodes", "2");
    }

    // The bad line is set aside, or named.
    private static void ResumedOrRefused(string file)
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        File.Copy(file, Path.Combine(folder["run"], "log.jsonl"), overwrite: true);
        CommandResult result = CommandResult.Of("train", "--out", folder["run"], "--iterations", "30");
        Assert.DoesNotContain("diverged", result.Error, StringComparison.Ordinal);
        if (result.ExitCode != ExitCode.Ok)
        {
            Assert.Equal(ExitCode.Storage, result.ExitCode);
            Assert.Contains("log.jsonl", result.Error, StringComparison.Ordinal);
            Assert.Matches("[Ll]ine [0-9]", result.Error);
        }
    }

    // The picture as the camera stored it, its tag of orientation set to upright, gives other answers.
    private static void TurnedUpright(string file)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = File.ReadAllBytes(file);
        int tag = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]);
        int value = tag + 9;
        if (tag < 0)
        {
            tag = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0]);
            value = tag + 8;
        }

        Assert.True(tag > 0);
        bytes[value] = 1;
        File.WriteAllBytes(folder["unturned.jpg"], bytes);
        string photo = Find("images/photo.jpg");
        Assert.NotEqual(Probabilities(photo, file), Probabilities(photo, folder["unturned.jpg"]));
    }

    private static void ReadOrRefusedByColours(string file)
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Predict(folder, Find("images/photo.jpg"), file);
        Assert.True(
            result.ExitCode == ExitCode.Ok
                || (result.ExitCode == ExitCode.Data && result.Error.Contains("CMYK", StringComparison.OrdinalIgnoreCase)),
            result.Error
        );
    }

    private static void RefusedImage(string file, string says)
    {
        using var folder = new TemporaryFolder();
        string glyph = folder["glyph.png"];
        AdaptPredictTests.WriteGlyph(glyph, 3, 3);
        CommandResult predicted = Predict(folder, glyph, file);
        Assert.Equal(ExitCode.Data, predicted.ExitCode);
        Assert.Contains(file, predicted.Error, StringComparison.Ordinal);
        Assert.Contains(says, predicted.Error, StringComparison.Ordinal);
        File.Copy(file, Directory.CreateDirectory(folder["data/class"]).FullName + "/picture.png");
        CommandResult inspected = CommandResult.Of("data", "inspect", "images", "--data-root", folder["data"]);
        Assert.Equal(ExitCode.Data, inspected.ExitCode);
    }

    private static float[] Probabilities(string example, string query)
    {
        using var folder = new TemporaryFolder();
        CommandResult result = Predict(folder, example, query);
        Assert.True(result.ExitCode == ExitCode.Ok, result.Error);
        return [.. result.Json["predictions"]![0]!["probabilities"]!.AsObject().Select(pair => (float)pair.Value!)];
    }

    // One class of a picture, another of a drawing, and a query.
    private static CommandResult Predict(TemporaryFolder folder, string example, string query)
    {
        if (!Directory.Exists(folder["run"]))
        {
            CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        }

        AdaptPredictTests.WriteGlyph(Path.Combine(folder["support"], "drawing", "0.png"), 1, 0);
        File.Copy(
            example,
            Directory.CreateDirectory(Path.Combine(folder["support"], "picture")).FullName + "/" + Path.GetFileName(example)
        );
        CommandResult adapted = CommandResult.Of(
            "adapt",
            "--run",
            folder["run"],
            "--support",
            folder["support"],
            "--out",
            folder["m.safetensors"]
        );
        return adapted.ExitCode == ExitCode.Ok ? CommandResult.Of("predict", "--model", folder["m.safetensors"], query, "--json") : adapted;
    }

    private static string[] Inspect(string file, string group, string target) =>
        ["data", "inspect", "table", "--data-root", file, "--group", group, "--target", target];

    private static int GroupsOf(string file, string group, string target, params string[] more) =>
        CommandResult.Good([.. Inspect(file, group, target), .. more, "--json"]).Json["splits"]!
            .AsArray()
            .Sum(split => (int)split!["groups"]!);

    // One line that names the file and says what is wrong, and under --json the same as an object.
    private static void Refused(int code, string file, string[] says, params string[] arguments)
    {
        CommandResult.Refused(code, [file, .. says], arguments);
        JsonObject json = CommandResult.Of([.. arguments, "--json"]).Json;
        Assert.Equal(code, (int)json["exitCode"]!);
        Assert.All(says, text => Assert.Contains(text, (string)json["error"]!, StringComparison.Ordinal));
    }

    private static string Find(string file)
    {
        string path = Path.Combine(s_root, file);
        Assert.SkipUnless(File.Exists(path), $"The case '{file}' is missing: set FEWSHOT_CASES to the folder that has it.");
        return path;
    }
}
