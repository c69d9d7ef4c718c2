using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using FewShot.Cli.Commands;
using FewShot.Cli.Settings;
using FewShot.Tasks.Data;

namespace FewShot.Cli;

/// <summary>The whole command line: parses, runs one command, and turns what goes wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command line once.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="output">Where everything is printed.</param>
    /// <param name="cancellation">Asks the command to stop.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Output output, CancellationToken cancellation = default)
    {
        var common = new CommonOptions();
        Command root = Create(common, output, cancellation);
        ParseResult parse = root.Parse(arguments);
        output.Json = parse.GetValue(common.Json);
        bool verbose = parse.GetValue(common.Verbose);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
        {
            return Failure.Report(new ArgumentException(Describe(parse)), output, verbose);
        }

        try
        {
            return parse.Invoke(new InvocationConfiguration
            {
                Output = output.Standard, Error = output.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
            });
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
            """)
        {
            QuickstartCommand.Create(common, output, cancellation),
            TrainCommand.Create(common, output, cancellation),
            EvaluateCommand.Create(common, output, cancellation),
            AdaptCommand.Create(common, output),
            PredictCommand.Create(common, output),
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

    // The parser's own words, with the option or command that was probably meant.
    private static string Describe(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string name = string.Join(' ', Path(parse.CommandResult));
        string help = $"see '{name} --help'";
        if (parse.UnmatchedTokens.FirstOrDefault() is { } token)
        {
            IEnumerable<Symbol> candidates = token.StartsWith('-') ? [.. command.Options, .. parse.RootCommandResult.Command.Options] : command.Subcommands;
            string what = token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            return $"'{name}' has no {what} '{token}'.{NameSuggestion.For(token, candidates.Select(symbol => symbol.Name))} {char.ToUpperInvariant(help[0])}{help[1..]}";
        }

        return $"{parse.Errors[0].Message.TrimEnd('.')}; {help}";
    }

    private static IEnumerable<string> Path(SymbolResult? result) =>
        result is CommandResult command ? Path(command.Parent).Append(command.Parent is null ? "fewshot" : command.Command.Name) : [];
}
