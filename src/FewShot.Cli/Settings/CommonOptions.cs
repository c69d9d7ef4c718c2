using System.CommandLine;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>
/// Every option, defined once; commands add those they use. Made anew for each command line, since a command keeps its options.
/// </summary>
internal sealed class CommonOptions
{
    public Option<bool> Json { get; } =
        new("--json") { Description = "Print one JSON object on standard output and nothing else there.", Recursive = true };

    public Option<bool> Verbose { get; } =
        new("--verbose") { Description = "Print where in the program an error came from.", Recursive = true };

    public Option<int?> Workers { get; } =
        OptionFactory.Whole("--workers", "Threads; they do not change the numbers. [default: all cores]", 1);

    public Option<int?> AdaptThreads { get; } =
        OptionFactory.Whole("--adapt-threads", "Threads that share one adaptation while it is timed. [default: 1]", 1);

    public Option<ulong?> Seed { get; } = OptionFactory.Seed("--seed", "Seed of everything random. [default: 1]");

    public Option<string?> Run { get; } = OptionFactory.Text("--run", "RUN", "The folder of a trained run.");

    /// <summary>The pattern for a command that uses a run; in training a pattern is one of the learner's options.</summary>
    public Option<string?> RunPattern { get; } =
        OptionFactory.Text(
            "--pattern",
            "P",
            $"Which layers change at which inner step: '{StoredPattern.Chosen}' by 'fewshot patterns', as '{StoredPattern.Trained}', "
                + "or any pattern."
        );

    public Option<Split?> Split { get; } = OptionFactory.Choice<Split>("--split", "Part of the data. [default: test]");

    public Option<int?> Episodes { get; } = OptionFactory.Whole("--episodes", "Number of tasks. [default: 600]", 2);

    public LearnerOptions Learner { get; } = new();

    public DataOptions Data { get; } = new();

    public OuterOptions Outer { get; } = new();

    public static int WorkersOf(ParseResult parse, CommonOptions options) => parse.GetValue(options.Workers) ?? Environment.ProcessorCount;

    /// <summary>The value of an option that a command cannot do without.</summary>
    public static T Required<T>(ParseResult parse, Option<T?> option)
        where T : class => parse.GetValue(option) ?? throw new ArgumentException($"{option.Name} is missing: {option.Description}");
}
