using System.CommandLine;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>Where tasks come from, and how large they are.</summary>
internal sealed class DataOptions
{
    // What the sources take besides.
    private readonly (SourceOption Of, Option Option)[] _ofSources =
    [
        .. TaskSources.Options.Where(option => option.IsAsked).Select(option => (option, OptionFactory.Of(option))),
    ];

    public Option<string?> Source { get; } =
        OptionFactory.Text("--data", "SOURCE", $"Where tasks come from, see 'fewshot data list'. [default: {TaskSources.Default.Name}]");

    public Option<string?> Root { get; } =
        OptionFactory.Text(
            "--data-root",
            "PATH",
            $"The data folder; {RootsOfSources()}. [default: ${DataFolder.Variable}, or the user's data folder]"
        );

    public Option<int?> Ways { get; } = OptionFactory.Whole("--ways", "Classes of a task. [default: 5]", 2);

    public Option<int?> Shots { get; } =
        OptionFactory.Whole("--shots", "Support examples of each class, or of a regression task. [default: 1, regression 10]", 1);

    public Option<int?> Queries { get; } =
        OptionFactory.Whole("--queries", "Query examples of each class, or of a regression task. [default: 15]", 1);

    /// <summary>Options that say what the data are.</summary>
    /// <param name="command">The command that takes them.</param>
    /// <param name="name">Whether the source is named by an option, and not by an argument.</param>
    public void AddSourceTo(Command command, bool name = true)
    {
        if (name)
        {
            command.Add(Source);
        }

        command.Add(Root);
        foreach ((_, Option option) in _ofSources)
        {
            command.Add(option);
        }
    }

    /// <summary>Options that say how large a task is.</summary>
    public void AddTaskTo(Command command)
    {
        command.Add(Ways);
        command.Add(Shots);
        command.Add(Queries);
    }

    /// <summary>The data asked for; what is not given is as in <paramref name="stored"/>, or as by default.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="stored">What a run has stored.</param>
    /// <param name="name">The source, where it is not an option.</param>
    public DataSelection Read(ParseResult parse, DataSelection? stored = null, string? name = null)
    {
        stored ??= new DataSelection();
        string source = name ?? parse.GetValue(Source) ?? stored.Source;
        TaskSourceDescriptor descriptor = TaskSources.Find(source);

        // What was stored of another source's data says nothing of these.
        SourceSettings settings = stored.Source == source ? stored.Settings : new SourceSettings();
        foreach ((SourceOption of, Option option) in _ofSources)
        {
            if (parse.GetResult(option) is not { Implicit: false })
            {
                continue;
            }

            // An option that would be ignored is a mistake of who gives it.
            if (!descriptor.Options.Contains(of))
            {
                IEnumerable<string> owners = TaskSources.All.Where(known => known.Options.Contains(of)).Select(known => known.Name);
                throw new ArgumentException($"{option.Name} is for --data {string.Join(" or ", owners)}, not for '{source}'; leave it out");
            }

            settings = settings.WithValue(of, OptionFactory.ValueOf(parse, option));
        }

        string? root = parse.GetValue(Root);
        return stored with
        {
            Source = source,
            Root = root is null ? stored.Root : Path.GetFullPath(root),
            Ways = parse.GetValue(Ways) ?? stored.Ways,
            Shots = parse.GetValue(Shots) ?? stored.Shots ?? (descriptor.KindOf(settings) == TaskKind.Regression ? 10 : 1),
            Queries = parse.GetValue(Queries) ?? stored.Queries,
            TrainingClasses = stored.Source == source ? stored.TrainingClasses : null,
            Settings = settings,
        };
    }

    private static string RootsOfSources() =>
        string.Join(", ", TaskSources.All.Where(source => source.Root is not null).Select(source => $"for '{source.Name}' {source.Root}"));
}
