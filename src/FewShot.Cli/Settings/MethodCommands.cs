using FewShot.Cli.Printing;

namespace FewShot.Cli.Settings;

/// <summary>How one method of a comparison is trained and measured.</summary>
/// <param name="Method">The row of the catalogue.</param>
/// <param name="Run">The run folder of the method.</param>
/// <param name="Settings">The options that are set for it alone.</param>
/// <param name="Train">The arguments of 'fewshot train'.</param>
/// <param name="Evaluate">The arguments of 'fewshot evaluate'.</param>
internal sealed record MethodCommands(
    string Method,
    string Run,
    string Settings,
    IReadOnlyList<string> Train,
    IReadOnlyList<string> Evaluate
)
{
    public string TrainText => Text("train", Train);

    public string EvaluateText => Text("evaluate", Evaluate);

    private static string Text(string command, IEnumerable<string> arguments) =>
        $"fewshot {command} {string.Join(' ', arguments.Select(Format.Quoted))}";
}
