using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Tasks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>What came from elsewhere is shown by a terminal, never obeyed; programs get it exactly.</summary>
public sealed class TerminalTextTests
{
    private const string Hostile = "cat\e[31m\e]0;title\a\u202Edog\nfewshot: done [red]x[/]";

    [Theory]
    [InlineData("plain [red] text, Müller, 猫, 👍🏽, می‌خواهم", "plain [red] text, Müller, 猫, 👍🏽, می‌خواهم")]
    [InlineData("\e[2J", @"\u001B[2J")]
    [InlineData("\u009b31m", @"\u009B31m")]
    [InlineData("a\r\nb\tc\0", @"a\u000D\u000Ab\u0009c\u0000")]
    [InlineData("\u2028\u2029\u0085", @"\u2028\u2029\u0085")]
    [InlineData(
        "\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200E\u200F\u061C",
        @"\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\u200E\u200F\u061C"
    )]
    [InlineData("\uDB40\uDC41", @"\uDB40\uDC41")]
    public void What_a_terminal_obeys_is_shown(string text, string shown) => Assert.Equal(shown, TerminalText.Shown(text));

    [Fact]
    public void Half_a_pair_of_surrogates_is_shown() => Assert.Equal(@"a\uD83Db", TerminalText.Shown("a\uD83Db"));

    [Fact]
    public void Every_way_to_print_for_people_shows_what_came_from_elsewhere()
    {
        using var standard = new StringWriter();
        using var error = new StringWriter();
        var output = new Output(standard, error);
        output.Line(Hostile);
        output.Note(Hostile);
        output.Status.Update(() => Hostile);
        Spectre.Console.Table table = Format.Table(Hostile);
        table.Row(Hostile);
        output.Show(table);
        _ = Failure.Report(new DataException(Hostile), output, verbose: true);
        AssertTame(standard.ToString());
        AssertTame(error.ToString());
        Assert.Contains("[red]x[/]", standard.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_and_files_of_hostile_names_are_shown_by_adapt_and_predict_and_exact_in_json()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Glyphs.With("--out", folder["run"]));
        string model = folder["m\e[31m\n.safetensors"];
        for (int i = 0; i < 2; i++)
        {
            AdaptPredictTests.WriteGlyph(Path.Combine(folder["support"], i == 0 ? Hostile.Replace('/', '-') : "plain", "0.png"), i, 0);
            AdaptPredictTests.WriteGlyph(Path.Combine(folder["queries"], $"q{i}\e[31m\n\u202E.png"), i, 1);
        }

        CommandResult adapted = CommandResult.Good("adapt", "--run", folder["run"], "--support", folder["support"], "--out", model);
        CommandResult predicted = CommandResult.Good("predict", "--model", model, folder["queries"]);
        Assert.All([adapted.Output, adapted.Error, predicted.Output, predicted.Error], AssertTame);
        Assert.Contains(@"cat\u001B[31m", predicted.Output, StringComparison.Ordinal);

        CommandResult json = CommandResult.Good("predict", "--model", model, folder["queries"], "--json");
        AssertTame(json.Output);
        JsonObject answer = json.Json["predictions"]![0]!.AsObject();
        Assert.Contains(Hostile.Replace('/', '-'), answer["probabilities"]!.AsObject().Select(pair => pair.Key));
        Assert.EndsWith("\e[31m\n\u202E.png", (string)answer["file"]!, StringComparison.Ordinal);

        CommandResult missing = CommandResult.Of("predict", "--model", folder["none\e[31m\nfewshot: done"], "x.png");
        AssertTame(missing.Error);
        Assert.Single(missing.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        CommandResult wrong = CommandResult.Of("train", "--no-such\e[31m\u202E");
        AssertTame(wrong.Error);
    }

    private static void AssertTame(string text) =>
        Assert.DoesNotContain(
            text.ReplaceLineEndings("\n").Replace("\n", "", StringComparison.Ordinal),
            character => char.IsControl(character) || char.GetUnicodeCategory(character) == UnicodeCategory.Format
        );
}
