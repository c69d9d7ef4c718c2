using FewShot.Methods;

namespace FewShot.Cli;

/// <summary>
/// The library's messages name the properties of its types; this is the one table that says by which option each is given here.
/// </summary>
internal static class OptionNames
{
    private static readonly Dictionary<string, string> s_options = new(
        MethodOptions.All.Select(option => KeyValuePair.Create($"{nameof(MethodOptions)}.{option.Property}", $"--{option.Name}"))
    )
    {
        ["LearnerSpecification.Channels"] = "--channels",
        ["OuterOptimizerOptions.Rate"] = "--outer-rate",
        ["TableFormat.DecimalMark is ','"] = "--decimal comma",
        ["TableFormat.DecimalMark is '.'"] = "--decimal point",
        ["TableFormat.Encoding"] = "--encoding",
        ["TableOptions.Features"] = "--features",
        ["TableOptions.Kind is Classification"] = "--kind classification",
        ["TableOptions.SkipSmallGroups"] = "--skip-small-groups",
        ["TableOptions.SplitColumn"] = "--split-column",
        ["TaskOptions.QueriesPerClass"] = "--queries",
        ["TaskOptions.Shots"] = "--shots",
        ["TaskOptions.Ways"] = "--ways",
        ["load it together with its learner, or save the model self-contained"] =
            "give --run with the run of its learner, or adapt without --changes-only",
        ["the root of the data"] = "--data-root",
        ["TrainingOptions.MemoryBudget"] = "--memory-budget",
        ["TrainingOptions.MetaBatch"] = "--meta-batch",
        ["TrainingOptions.Tasks"] = "--tasks",
    };

    /// <summary>A message of the library in the words of the command line.</summary>
    public static string Translate(string message) =>
        s_options.Aggregate(message, (text, option) => text.Replace(option.Key, option.Value, StringComparison.Ordinal));

    /// <summary>The names of properties that the table translates.</summary>
    internal static IReadOnlyCollection<string> Known => s_options.Keys;
}
