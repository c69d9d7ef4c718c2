using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Methods;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class CatalogueCommandsTests
{
    [Fact]
    public void Methods_lists_every_row()
    {
        JsonArray methods = CommandResult.Good("methods", "--json").Json["methods"]!.AsArray();
        Assert.Equal(Catalogue.Names, methods.Select(method => (string)method!["method"]!));
        string text = CommandResult.Good("methods").Output;
        Assert.All(Catalogue.Names, name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Info_names_the_vector_instructions()
    {
        JsonObject json = CommandResult.Good("info", "--json").Json;
        Assert.Contains((string)json["vectorLevel"]!, new[] { "vector128", "avx2", "avx512" });
        Assert.Equal(Environment.ProcessorCount, (int)json["cores"]!);
    }

    [Fact]
    public void Data_list_knows_what_is_built_in()
    {
        using var folder = new TemporaryFolder();
        JsonArray sources = CommandResult.Good("data", "list", "--data-root", folder.Path, "--json").Json["sources"]!.AsArray();
        Assert.True((bool)sources.Single(source => (string)source!["source"]! == "glyphs")!["ready"]!);
        JsonNode omniglot = sources.Single(source => (string)source!["source"]! == "omniglot-official")!;
        Assert.False((bool)omniglot["ready"]!);
        Assert.Contains("fewshot data get omniglot", (string)omniglot["state"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_inspect_counts_classes_and_draws()
    {
        using var folder = new TemporaryFolder();
        JsonObject json = CommandResult.Good("data", "inspect", "glyphs", "--sheet", folder["sheet.png"], "--classes", "3", "--json").Json;
        Assert.Equal([28, 28, 1], json["inputShape"]!.AsArray().Select(size => (int)size!));
        Assert.Equal(3, json["splits"]!.AsArray().Count);
        Assert.True(new FileInfo(folder["sheet.png"]).Length > 100);
    }

    [Fact]
    public void Data_get_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Data, ["'omniglott'", "Did you mean 'omniglot'?"], "data", "get", "omniglott");

    [Fact]
    public void Check_passes_and_says_how_near()
    {
        JsonObject json = CommandResult.Good("check", "--method", "protonet", "--json").Json;
        Assert.Equal("protonet", (string)json["method"]!);
        Assert.Equal("exact", (string)json["order"]!);
        Assert.True((bool)json["passed"]!);
        Assert.True((double)json["maxRelativeError"]! <= (double)json["tolerance"]!);
    }
}
