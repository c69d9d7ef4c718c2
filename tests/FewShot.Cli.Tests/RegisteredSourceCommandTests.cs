using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Data;
using FewShot.PublicSurface.Tests;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Every command takes a source that the program has registered, which is neither images nor a table.</summary>
public sealed class RegisteredSourceCommandTests
{
    static RegisteredSourceCommandTests() => TaskSources.Register(new BlobSource());

    [Fact]
    public void It_is_listed_inspected_and_in_the_help()
    {
        JsonArray sources = CommandResult.Good("data", "list", "--json").Json["sources"]!.AsArray();
        Assert.Equal("built in", (string)sources.Single(source => (string)source!["source"]! == "blobs")!["state"]!);
        Assert.Equal(3, CommandResult.Good("data", "inspect", "blobs", "--blob-spread", "4", "--json").Json["splits"]!.AsArray().Count);
        Assert.Contains("--blob-word <WORD>", CommandResult.Good("train", "--help").Output, StringComparison.Ordinal);
        CommandResult.Refused(ExitCode.Usage, ["--blob-spread is for --data blobs"], "train", "--blob-spread", "4");
        CommandResult.Refused(ExitCode.Usage, ["--blob-spread must be a whole number"], "train", "--data", "blobs", "--blob-spread", "x");
        CommandResult.Refused(ExitCode.Data, ["not made of images"], "data", "inspect", "blobs", "--sheet", "sheet.png");
    }

    [Fact]
    public void A_run_on_it_is_trained_goes_on_is_measured_and_adapts()
    {
        using var folder = new TemporaryFolder();
        string[] quick = ["--iterations", "2", "--hidden", "8", "--workers", "1", "--out", folder["run"]];
        CommandResult.Good(["train", "--method", "protonet", "--data", "blobs", "--blob-spread", "4", .. quick]);
        JsonNode stored = JsonNode.Parse(File.ReadAllText(folder["run/config.json"]))!["data"]!;
        Assert.Equal(4, (int)stored["blobSpread"]!);
        Assert.Null(stored["blobWord"]);
        Assert.Null(stored["division"]);
        CommandResult.Good("train", "--out", folder["run"], "--iterations", "4", "--workers", "1");
        Assert.Equal(1, (int)CommandResult.Good("evaluate", "--run", folder["run"], "--episodes", "5", "--json").Json["shots"]!);
        File.WriteAllText(folder["support.csv"], "x,y,z,class\n0,0,0,low\n3,3,3,high\n");
        File.WriteAllText(folder["query.csv"], "x,y,z\n2.9,3,3.1\n");
        CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["support.csv"], "--out", folder["model"]);
        JsonNode answer = CommandResult.Good("predict", "--model", folder["model"], folder["query.csv"], "--json").Json;
        Assert.Equal("high", (string)answer["predictions"]![0]!["label"]!);
    }

    [Fact]
    public void A_configuration_with_another_kind_of_value_is_refused_by_its_name()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good("train", "--data", "blobs", "--iterations", "1", "--hidden", "8", "--workers", "1", "--out", folder["run"]);
        string file = folder["run/config.json"];
        JsonNode configuration = JsonNode.Parse(File.ReadAllText(file))!;
        configuration["data"]!["blobSpread"] = "wide";
        File.WriteAllText(file, configuration.ToJsonString());
        Runs.ForgetConfiguration(folder["run"]);
        CommandResult.Refused(
            ExitCode.Storage,
            ["config.json' does not say what its data are", "'blobSpread' must be a whole number"],
            "evaluate",
            "--run",
            folder["run"]
        );
    }
}
