using System.CommandLine;
using System.CommandLine.Help;
using FewShot.Cli.Commands;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Data;

namespace FewShot.Cli;

/// <summary>The whole command line: parses, runs one command, and turns what goes wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command line once.</summary>
    /// <param name="arguments">The words of the command line, without the program's name.</param>
    /// <param name="output">Where everything is printed.</param>
    /// <param name="cancellation">Asks the command to stop.</param>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Output output, CancellationToken cancellation = default)
    {
        DataParts.Register();
        var common = new CommonOptions();
        Command root = Create(common, output, cancellation);
        ParseResult parse = root.Parse(arguments);
        output.Json = parse.GetValue(common.Json);
        bool verbose = parse.GetValue(common.Verbose);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
        {
            return Failure.Report(new ArgumentException(ParseFailure.Describe(parse)), output, verbose);
        }

        try
        {
            return parse.Invoke(
                new InvocationConfiguration
                {
                    Output = output.Standard,
                    Error = output.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                }
            );
        }
        catch (Exception error)
        {
            return Failure.Report(error, output, verbose);
        }
    }

    private static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        // A RootCommand would be named after the program file, which is not what people type.
        var root = new Command(
            "fewshot",
            $"""
            Few-shot meta-learning: train once over many small tasks, then adapt to a new task from a handful of examples.

            Start with 'fewshot quickstart'. Exit codes: {ExitCode.Summary}.
            """
        )
        {
            QuickstartCommand.Create(common, output, cancellation),
            TrainCommand.Create(common, output, cancellation),
            EvaluateCommand.Create(common, output, cancellation),
            AdaptCommand.Create(common, output),
            PredictCommand.Create(common, output),
            CompareCommand.Create(output, cancellation),
            CheckCommand.Create(common, output, cancellation),
            PatternsCommand.Create(common, output, cancellation),
            PlanCommand.Create(common, output),
            MethodsCommand.Create(output),
            DataCommand.Create(common, output, cancellation),
            InfoCommand.Create(output),
        };
        root.Add(new HelpOption());
        root.Add(new VersionOption());
        root.Add(common.Json);
        root.Add(common.Verbose);
        root.SetAction(parse => new HelpAction().Invoke(parse));
        return root;
    }
}
