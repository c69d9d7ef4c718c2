using System.Text.Json.Nodes;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

public sealed class RunFolderTests
{
    private static readonly Dictionary<string, string> s_noMetadata = [];

    [Fact]
    public void A_new_run_has_its_configuration_and_no_checkpoint()
    {
        using var folder = new TemporaryFolder();
        string path = folder["run"];
        using (var run = RunFolder.Open(path, Configuration()))
        {
            Assert.Null(run.Latest);
        }

        Assert.True(JsonNode.DeepEquals(Configuration(), RunFolder.ReadConfiguration(path)));
    }

    [Fact]
    public void A_resumed_run_finds_its_checkpoint_and_a_log_that_ends_there()
    {
        using var folder = new TemporaryFolder();
        string path = folder["run"];
        using (var run = RunFolder.Open(path, Configuration()))
        {
            run.Report(1, [KeyValuePair.Create("loss", 1.0)]);
            run.SaveLatest(Checkpoint(1));
            run.Report(2, [KeyValuePair.Create("loss", 2.0)], [KeyValuePair.Create("note", "text")]);
            run.SaveBest(Checkpoint(1) with { State = [] });
        }

        using (var run = RunFolder.Open(path, Configuration()))
        {
            Assert.Equal(1, run.Latest!.Iteration);
            Assert.Equal([1f], Assert.Single(run.Latest.Weights).Float32);
            Assert.Equal("adam.m/w", Assert.Single(run.Latest.State).Name);
            Assert.Equal("7", run.Latest.Metadata["seed"]);
            Assert.Equal(1, (int)Assert.Single(RunFolder.ReadLog(path))["step"]!);
        }

        Assert.Equal(2, Directory.GetFiles(path, "events.out.tfevents.*").Length);
        Assert.Equal(["w"], Safetensors.Read(RunFolder.BestPath(path)).Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Without_a_checkpoint_the_log_starts_again()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.Report(0, [KeyValuePair.Create("loss", 1.0)]);
        }

        RunFolder.Open(folder["run"], Configuration()).Dispose();
        Assert.Empty(RunFolder.ReadLog(folder["run"]));
    }

    [Fact]
    public void Another_configuration_is_refused_naming_every_difference()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(new Checkpoint(1, [], [], new Dictionary<string, string>()));
        }

        JsonObject other = Configuration();
        other["seed"] = 8;
        other["optimiser"]!["rate"] = 0.5;
        other["extra"] = "x";
        other.Remove("ways");
        StorageException error = Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], other));
        Assert.Contains(
            "seed is 7 in the folder, 8 now; optimiser.rate is 0.001 in the folder, 0.5 now; ways is 5 in the folder, not set now; "
                + "extra is not set in the folder, \"x\" now",
            error.Message
        );
        Assert.True(JsonNode.DeepEquals(Configuration(), RunFolder.ReadConfiguration(folder["run"])));
    }

    [Fact]
    public void A_run_that_saved_nothing_begins_anew_with_another_configuration()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["run"], Configuration()).Dispose();
        JsonObject other = Configuration();
        other["seed"] = 8;
        RunFolder.Open(folder["run"], other).Dispose();
        Assert.Equal(8, (int)RunFolder.ReadConfiguration(folder["run"])["seed"]!);
    }

    [Fact]
    public void A_setting_that_may_change_is_taken_over()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(new Checkpoint(1, [], [], new Dictionary<string, string>()));
        }

        JsonObject longer = Configuration();
        longer["optimiser"]!["iterations"] = 200;
        Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], longer));
        RunFolder.Open(folder["run"], longer, mayChange: ["optimiser.iterations"]).Dispose();
        Assert.Equal(
            200,
            (int)RunFolder.ReadConfiguration(folder["run"], mayChange: ["optimiser.iterations"])["optimiser"]!["iterations"]!
        );
    }

    [Fact]
    public void A_configuration_changed_beside_its_checkpoint_is_refused_naming_the_change()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(Checkpoint(1));
        }

        string file = folder["run/config.json"];
        JsonObject changed = RunFolder.ReadConfiguration(folder["run"]);
        changed["seed"] = 8;
        File.WriteAllText(file, changed.ToJsonString());
        string message = Assert.Throws<StorageException>(() => RunFolder.ReadConfiguration(folder["run"])).Message;
        Assert.Contains("config.json' is not the configuration 'latest.safetensors' was made under: seed was 7, now 8", message);

        // Asking for what the file now says does not make it right either.
        Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], changed));
    }

    [Fact]
    public void A_checkpoint_of_a_version_that_stored_no_configuration_is_read_as_it_is()
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["run"], Configuration()).Dispose();
        Checkpoint(1).Write(RunFolder.LatestPath(folder["run"]));
        Assert.Equal(7, (int)RunFolder.ReadConfiguration(folder["run"])["seed"]!);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, "holds text that is not UTF-8")]
    [InlineData(
        new byte[]
        {
            (byte)'{',
            (byte)'"',
            (byte)'\\',
            (byte)'u',
            (byte)'d',
            (byte)'8',
            (byte)'0',
            (byte)'0',
            (byte)'"',
            (byte)':',
            (byte)'1',
            (byte)'}',
        },
        "holds text that is not UTF-8"
    )]
    [InlineData(
        new byte[]
        {
            (byte)'{',
            (byte)'"',
            (byte)'a',
            (byte)'"',
            (byte)':',
            (byte)'1',
            (byte)',',
            (byte)'"',
            (byte)'a',
            (byte)'"',
            (byte)':',
            (byte)'2',
            (byte)'}',
        },
        "'a' is given twice"
    )]
    public void A_damaged_configuration_is_named(byte[] bytes, string fault)
    {
        using var folder = new TemporaryFolder();
        RunFolder.Open(folder["run"], Configuration()).Dispose();
        File.WriteAllBytes(folder["run/config.json"], bytes);
        string message = Assert.Throws<StorageException>(() => RunFolder.ReadConfiguration(folder["run"])).Message;
        Assert.Contains("config.json", message);
        Assert.Contains(fault, message);
    }

    [Fact]
    public void A_deleted_checkpoint_does_not_begin_the_run_anew()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(Checkpoint(1));
            run.SaveBest(Checkpoint(1));
        }

        File.Delete(RunFolder.LatestPath(folder["run"]));
        string message = Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], Configuration())).Message;
        Assert.Contains("no latest.safetensors", message);
        Assert.Contains("restore it, or train into another folder", message);
    }

    [Fact]
    public void A_run_whose_weights_were_all_deleted_does_not_begin_anew()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(Checkpoint(0));
            run.Report(1, [KeyValuePair.Create("loss", 1.0)]);
        }

        File.Delete(RunFolder.LatestPath(folder["run"]));
        string message = Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], Configuration())).Message;
        Assert.Contains("a log.jsonl of steps done but no latest.safetensors", message);
        Assert.Contains("into another folder to begin anew", message);
        Assert.Single(RunFolder.ReadLog(folder["run"]));
    }

    [Fact]
    public void Numbers_compare_by_value_not_by_how_they_are_held()
    {
        using var folder = new TemporaryFolder();
        RunFolder
            .Open(
                folder["run"],
                new JsonObject
                {
                    ["a"] = 1,
                    ["b"] = 0.1f,
                    ["c"] = new JsonArray(1, 2),
                }
            )
            .Dispose();
        RunFolder
            .Open(
                folder["run"],
                new JsonObject
                {
                    ["c"] = new JsonArray(1L, 2.0),
                    ["a"] = 1.0,
                    ["b"] = 0.1,
                }
            )
            .Dispose();
    }

    [Fact]
    public void A_folder_of_something_else_is_left_as_it_is()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["thesis.txt"], "");
        Assert.Contains("holds 'thesis.txt'", Assert.Throws<StorageException>(() => RunFolder.Open(folder.Path, Configuration())).Message);
        Assert.Contains(
            "it is a file",
            Assert.Throws<StorageException>(() => RunFolder.Open(folder["thesis.txt"], Configuration())).Message
        );
        Assert.Equal(["thesis.txt"], folder.FileNames);
    }

    [Fact]
    public void Two_may_not_train_into_one_folder()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder.Open(folder["run"], Configuration()))
        {
            StorageException error = Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], Configuration()));
            Assert.Contains($"is in use by process {Environment.ProcessId} on", error.Message);
            Assert.NotEmpty(RunFolder.ReadConfiguration(folder["run"])); // reading is allowed meanwhile
        }

        RunFolder.Open(folder["run"], Configuration()).Dispose();
    }

    [Fact]
    public void A_damaged_checkpoint_is_named_and_the_folder_is_free_again()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], Configuration()))
        {
            run.SaveLatest(Checkpoint(1));
        }

        string latest = RunFolder.LatestPath(folder["run"]);
        File.WriteAllBytes(latest, File.ReadAllBytes(latest)[..^1]);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Assert.Contains(latest, Assert.Throws<StorageException>(() => RunFolder.Open(folder["run"], Configuration())).Message);
        }
    }

    [Fact]
    public void A_full_disk_keeps_the_previous_checkpoint()
    {
        using var disk = new SmallDisk(kilobytes: 128);
        string path = disk["run"];
        using (var run = RunFolder.Open(path, Configuration()))
        {
            run.SaveLatest(Checkpoint(1));
            var large = new Checkpoint(2, [new StoredTensor("w", [100_000], new float[100_000])], [], s_noMetadata);
            Assert.Contains("latest.safetensors", Assert.Throws<StorageException>(() => run.SaveLatest(large)).Message);
            Assert.Equal(1, run.Latest!.Iteration);
        }

        using (var run = RunFolder.Open(path, Configuration()))
        {
            Assert.Equal(1, run.Latest!.Iteration);
        }
    }

    [Fact]
    public void Names_that_would_mix_weights_and_state_are_refused()
    {
        using var folder = new TemporaryFolder();
        var named = new StoredTensor("state/x", [1], [1f]);
        Assert.Throws<ArgumentException>(() => new Checkpoint(1, [named], [], s_noMetadata).Write(folder["a"]));
        Assert.Throws<ArgumentException>(() =>
            new Checkpoint(1, [], [], new Dictionary<string, string> { ["iteration"] = "2" }).Write(folder["a"])
        );
        Safetensors.Write(folder["b"], [named]);
        Assert.Contains(
            "no metadata 'iteration'",
            Assert.Throws<StorageException>(() => FewShot.Storage.Checkpoint.Read(folder["b"])).Message
        );
    }

    internal static JsonObject Configuration() =>
        new()
        {
            ["seed"] = 7,
            ["optimiser"] = new JsonObject { ["rate"] = 0.001, ["iterations"] = 100 },
            ["ways"] = 5,
        };

    private static Checkpoint Checkpoint(long iteration) =>
        new(
            iteration,
            [new StoredTensor("w", [1], [(float)iteration])],
            [new StoredTensor("adam.m/w", [1], [(float)iteration])],
            new Dictionary<string, string> { ["seed"] = "7" }
        );
}
