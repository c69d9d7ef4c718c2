using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FewShot.Cli.Printing;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli;

/// <summary>Turns an exception into one line that says what to do, and an exit code.</summary>
internal static partial class Failure
{
    public static int Report(Exception error, Output output, bool verbose)
    {
        // A fault while a type starts or in a parallel loop hides the one that tells something.
        while (error is TypeInitializationException or AggregateException && error.InnerException is { } inner)
        {
            error = inner;
        }

        int code = CodeOf(error);
        string message =
            code == ExitCode.Internal
                ? $"internal error ({error.GetType().Name}): {OneLine(error)}; run again with --verbose and report what it prints"
                : OptionNames.Translate(OneLine(error));
        output.Fault($"fewshot: {message}");
        if (verbose)
        {
            foreach (string line in error.ToString().ReplaceLineEndings("\n").Split('\n'))
            {
                output.Fault(line);
            }
        }

        if (output.Json)
        {
            output.Result(new JsonObject { ["error"] = message, ["exitCode"] = code });
        }

        return code;
    }

    /// <summary>The exit code of an error.</summary>
    public static int CodeOf(Exception error) =>
        error switch
        {
            OperationCanceledException => ExitCode.Interrupted,
            DataException => ExitCode.Data,
            IOException or UnauthorizedAccessException => ExitCode.Storage,
            ArgumentException or FormatException => ExitCode.Usage,
            TrainingDivergedException => ExitCode.Diverged,
            _ => ExitCode.Internal,
        };

    /// <summary>
    /// What an error says, with options for properties and without the parameter's name and value that the runtime appends: they say
    /// nothing to who typed an option.
    /// </summary>
    public static string OneLine(Exception error) =>
        OptionNames.Translate(ParameterName().Replace(error.Message.Split('\n')[0].TrimEnd(), "").TrimEnd('.'));

    [GeneratedRegex(@"\s*\(Parameter '[^']*'\)")]
    private static partial Regex ParameterName();
}
