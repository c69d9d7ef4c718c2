using System.CommandLine;
using System.CommandLine.Parsing;
using FewShot.Naming;

namespace FewShot.Cli;

/// <summary>What is wrong with a command line: the parser's own words, with the option or command that was probably meant.</summary>
internal static class ParseFailure
{
    public static string Describe(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        string name = string.Join(' ', Path(parse.CommandResult));
        string help = $"see '{name} --help'";
        if (parse.UnmatchedTokens.FirstOrDefault() is { } token)
        {
            IEnumerable<Symbol> candidates = token.StartsWith('-')
                ? [.. command.Options, .. parse.RootCommandResult.Command.Options]
                : command.Subcommands;
            string what =
                token.StartsWith('-') ? "option"
                : command.Subcommands.Count > 0 ? "command"
                : "argument";
            return $"'{name}' has no {what} '{token}'.{NameSuggestion.For(token, candidates.Select(symbol => symbol.Name))} "
                + $"{char.ToUpperInvariant(help[0])}{help[1..]}";
        }

        return $"{parse.Errors[0].Message.TrimEnd('.')}; {help}";
    }

    private static IEnumerable<string> Path(SymbolResult? result) =>
        result is CommandResult command ? Path(command.Parent).Append(command.Parent is null ? "fewshot" : command.Command.Name) : [];
}
