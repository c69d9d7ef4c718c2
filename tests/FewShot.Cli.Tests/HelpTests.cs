using FewShot.Cli.Printing;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Commands =>
        [
            "quickstart",
            "train",
            "evaluate",
            "adapt",
            "predict",
            "compare",
            "check",
            "patterns",
            "plan",
            "methods",
            "data",
            "data list",
            "data get",
            "data inspect",
            "info",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_explains_itself(string command)
    {
        CommandResult result = CommandResult.Good([.. command.Split(' '), "--help"]);
        Assert.Contains($"fewshot {command}", result.Output, StringComparison.Ordinal);
        Assert.Contains("--json", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Alone_it_shows_the_commands_and_the_exit_codes()
    {
        CommandResult result = CommandResult.Good();
        Assert.All(Commands, command => Assert.Contains(command.Data.Split(' ')[0], result.Output, StringComparison.Ordinal));
        Assert.Contains("130 interrupted", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_option_given_twice_the_last_counts() =>
        Assert.Equal(
            3,
            (int)CommandResult.Good("plan", "--features", "4", "--inner-steps", "2", "--inner-steps", "3", "--json").Json["innerSteps"]!
        );

    [Fact]
    public void Unknown_command_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Usage, ["'tarin'", "Did you mean 'train'?"], "tarin");

    [Fact]
    public void Unknown_option_suggests_the_nearest() =>
        CommandResult.Refused(ExitCode.Usage, ["'--metod'", "Did you mean '--method'?"], "train", "--metod", "maml");

    [Theory]
    [InlineData("--ways", "many", "a whole number of at least 2")]
    [InlineData("--ways", "1", "a whole number of at least 2")]
    [InlineData("--inner-rate", "-1", "a number above 0")]
    [InlineData("--budget", "soon", "a time such as")]
    [InlineData("--memory-budget", "much", "a size such as")]
    [InlineData("--optimizer", "adm", "one of adam, adamw, sgd")]
    [InlineData("--hidden", "8,,8", "sizes joined by commas")]
    public void Wrong_values_say_what_is_expected(string option, string value, string expected) =>
        CommandResult.Refused(ExitCode.Usage, [option, expected, value], "train", option, value);

    [Fact]
    public void Errors_are_json_too()
    {
        CommandResult result = CommandResult.Of("train", "--method", "mmal", "--json");
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Equal(ExitCode.Usage, (int)result.Json["exitCode"]!);
        Assert.Contains("'maml'", (string)result.Json["error"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbose_shows_where_an_error_came_from() =>
        Assert.Contains("   at ", CommandResult.Of("train", "--method", "mmal", "--verbose").Error, StringComparison.Ordinal);
}
