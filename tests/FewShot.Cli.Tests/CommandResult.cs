using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>What one run of the command line gave.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON object on standard output; anything else there fails the test.</summary>
    public JsonObject Json => JsonNode.Parse(Assert.Single(Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))!.AsObject();

    /// <summary>Runs the command line in this process.</summary>
    public static CommandResult Of(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(arguments, new Output(output, error));
        return new CommandResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command that must succeed.</summary>
    public static CommandResult Good(params string[] arguments)
    {
        CommandResult result = Of(arguments);
        Assert.True(result.ExitCode == 0, $"'{string.Join(' ', arguments)}' ended with {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>Runs a command that must fail with one line that says what to do, and no stack trace.</summary>
    public static CommandResult Refused(int code, string[] says, params string[] arguments)
    {
        CommandResult result = Of(arguments);
        string line = Assert.Single(
            result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            text => text.StartsWith("fewshot: ", StringComparison.Ordinal)
        );
        Assert.True(result.ExitCode == code, $"exit code {result.ExitCode}, not {code}: {line}");
        Assert.All(says, text => Assert.Contains(text, line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter '", line, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        return result;
    }
}
