using System.CommandLine;
using FewShot.Cli.Printing;
using FewShot.Compute.Execution;
using FewShot.Methods;
using FewShot.Naming;
using FewShot.Reporting.Comparison;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>
/// What a comparison is asked for, as a command line of 'fewshot train' and one of 'fewshot evaluate' for each method: what runs is what a
/// reader can repeat.
/// </summary>
internal sealed class ComparisonOptions
{
    private const string Every = "all";

    // Enough that time alone ends a training.
    private const string Endless = "1000000000";

    private const int DefaultMinutes = 10;
    private const string DefaultValidationEpisodes = "50";

    // Its own, because some defaults are others than in training.
    private readonly CommonOptions _common = new();
    private readonly Option[] _training;
    private readonly string[] _settable;

    public ComparisonOptions()
    {
        OuterOptions outer = _common.Outer;
        outer.Budget.Description =
            $"Training time of each method, validation not counted. [default: {DefaultMinutes}m, none with --iterations]";
        outer.Iterations.Description = "Outer iterations of each method. [default: as many as the budget allows]";
        outer.ValidationEpisodes.Description = $"Tasks of a validation. [default: {DefaultValidationEpisodes}]";
        var training = new Command("training");
        _common.Learner.AddTo(training, method: false);
        _common.Data.AddTaskTo(training);
        outer.AddTo(training);
        training.Add(_common.Seed);
        _training = [.. training.Options];

        // The budget is the same for all: that is the comparison.
        _settable = [.. _training.Select(option => option.Name).Except([outer.Budget.Name, outer.Iterations.Name])];
    }

    public Option<IReadOnlyList<string>?> Methods { get; } =
        OptionFactory.List("--methods", "M,M,...", "Rows of the catalogue to compare, see 'fewshot methods'; 'all' for every one.");

    public Option<string[]> Set { get; } =
        new("--set")
        {
            Description =
                "An option of training for one method alone, or for 'all' in training but not in measuring, such as "
                + "maml:inner-rate=0.4 or protonet:ways=20; may be repeated.",
            HelpName = "METHOD:OPTION=VALUE",
        };

    public Option<string?> Folder { get; } =
        OptionFactory.Text(
            "--out",
            "DIR",
            "The folder of the comparison; one that is there goes on where it stopped. [default: runs/compare-SOURCE-WAYSway-SHOTSshot]"
        );

    public Option<string[]> Merge { get; } =
        new("--merge")
        {
            Description = "Compare nothing, but print the comparisons in these folders as one table in markdown.",
            HelpName = "DIR DIR...",
            AllowMultipleArgumentsPerToken = true,
        };

    public void AddTo(Command command)
    {
        command.Add(Methods);
        _common.Data.AddSourceTo(command);
        foreach (Option option in _training)
        {
            command.Add(option);
        }

        foreach (Option option in new Option[] { Set, _common.Split, _common.Episodes, _common.Workers, Folder, Merge })
        {
            command.Add(option);
        }
    }

    /// <summary>The data asked for.</summary>
    public DataSelection DataOf(ParseResult parse) => _common.Data.Read(parse);

    /// <summary>The folder of the comparison.</summary>
    public string FolderOf(ParseResult parse, ITaskSource source) =>
        parse.GetValue(Folder)
        ?? Path.Combine(
            "runs",
            source.Shape.Kind == TaskKind.Classification
                ? $"compare-{source.Name}-{source.Shape.Ways}way-{source.Shape.Shots}shot"
                : $"compare-{source.Name}-{source.Shape.Shots}shot"
        );

    /// <summary>A comparison without its rows: the conditions under which every method is trained and measured.</summary>
    public MethodComparison Conditions(ParseResult parse, ITaskSource source)
    {
        TaskShape shape = source.Shape;
        long? iterations = parse.GetValue(_common.Outer.Iterations);
        TimeSpan? budget = parse.GetValue(_common.Outer.Budget) ?? (iterations is null ? TimeSpan.FromMinutes(DefaultMinutes) : null);
        return new MethodComparison
        {
            Data = source.Name,
            Kind = shape.Kind,
            Ways = shape.Kind == TaskKind.Classification ? shape.Ways : null,
            Shots = shape.Shots,
            Queries = shape.QueriesPerClass,
            Split = parse.GetValue(_common.Split) ?? Split.Test,
            Episodes = parse.GetValue(_common.Episodes) ?? 600,
            Seed = parse.GetValue(_common.Seed) ?? 1,
            BudgetSeconds = budget?.TotalSeconds,
            Iterations = iterations,
            Workers = CommonOptions.WorkersOf(parse, _common),
            Command = Text(parse),
            Machine = $"{Environment.ProcessorCount} {(Environment.ProcessorCount == 1 ? "core" : "cores")}, {SimdProgram.VectorLevel}",
        };
    }

    /// <summary>The methods asked for, each once.</summary>
    /// <exception cref="ArgumentException">None is named, or one is unknown.</exception>
    public IReadOnlyList<string> MethodsOf(ParseResult parse)
    {
        IReadOnlyList<string> names = CommonOptions.Required(parse, Methods);
        return names.Contains(Every, StringComparer.OrdinalIgnoreCase)
            ? Catalogue.Names
            : [.. names.Select(name => Catalogue.Create(name).Name).Distinct()];
    }

    /// <summary>The command lines of each method, without the program's name.</summary>
    /// <exception cref="ArgumentException">A setting is not of the form asked for, or names what is not there.</exception>
    public IReadOnlyList<MethodCommands> Commands(ParseResult parse, MethodComparison conditions, string folder)
    {
        IReadOnlyList<string> methods = MethodsOf(parse);
        (string Method, string Option, string Value)[] settings = [.. (parse.GetValue(Set) ?? []).Select(text => Setting(text, methods))];
        return [.. methods.Select(method => Commands(parse, method, settings, conditions, Path.Combine(folder, method)))];
    }

    /// <summary>The command line of the comparison itself, as one would type it.</summary>
    private string Text(ParseResult parse)
    {
        var options = new OptionList();
        foreach (Option option in parse.CommandResult.Command.Options.Where(option => option != Set))
        {
            options.Add(parse, option);
        }

        return "fewshot compare "
            + $"{options}{string.Concat((parse.GetValue(Set) ?? []).Select(setting => $" {Set.Name} {Format.Quoted(setting)}"))}";
    }

    private MethodCommands Commands(
        ParseResult parse,
        string method,
        (string Method, string Option, string Value)[] settings,
        MethodComparison conditions,
        string run
    )
    {
        var source = new Command("source");
        _common.Data.AddSourceTo(source);
        var training = new OptionList();
        training.Add("--method", method);
        foreach (Option option in source.Options.Concat(_training))
        {
            training.Add(parse, option);
        }

        foreach ((_, string option, string value) in settings.Where(setting => setting.Method == Every))
        {
            training.Add(option, value);
        }

        if (!training.Contains(_common.Outer.Iterations.Name))
        {
            training.Add(_common.Outer.Iterations.Name, Endless);
            training.AddIfMissing(_common.Outer.Budget.Name, $"{DefaultMinutes}m");
        }

        training.AddIfMissing(_common.Outer.ValidationEpisodes.Name, DefaultValidationEpisodes);
        RemoveUseless(training, method);
        var own = new OptionList();
        foreach ((_, string option, string value) in settings.Where(setting => setting.Method == method))
        {
            training.Add(option, value);
            own.Add(option, value);
        }

        training.Add(_common.Workers.Name, $"{CommonOptions.WorkersOf(parse, _common)}");
        training.Add("--out", run);

        var evaluation = new OptionList();
        evaluation.Add("--run", run);
        if (conditions.Ways is { } ways)
        {
            evaluation.Add("--ways", $"{ways}");
        }

        evaluation.Add("--shots", $"{conditions.Shots}");
        evaluation.Add("--queries", $"{conditions.Queries}");
        foreach (Option option in new Option[] { _common.Split, _common.Episodes, _common.Seed, _common.Workers })
        {
            evaluation.Add(parse, option);
        }

        return new MethodCommands(method, run, own.ToString(), training.Arguments, evaluation.Arguments);
    }

    private (string Method, string Option, string Value) Setting(string text, IReadOnlyList<string> methods)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (colon < 1 || equals < colon + 2 || equals == text.Length - 1)
        {
            throw new ArgumentException($"{Set.Name} must be METHOD:OPTION=VALUE, such as maml:inner-rate=0.4, not '{text}'");
        }

        string method = text[..colon].ToLowerInvariant();
        if (method != Every && !methods.Contains(method))
        {
            throw new ArgumentException(
                $"{Set.Name} {text} is for '{method}', which is not compared.{NameSuggestion.For(method, methods)} Compared are "
                    + $"{string.Join(", ", methods)}"
            );
        }

        string option = $"--{text[(colon + 1)..equals].TrimStart('-')}";
        return _settable.Contains(option)
            ? (method, option, text[(equals + 1)..])
            : throw new ArgumentException(
                $"{Set.Name} {text}: '{option}' cannot be set for a method alone.{NameSuggestion.For(option, _settable)} "
                    + $"Options that can: {string.Join(", ", _settable.Order(StringComparer.Ordinal).Select(name => name[2..]))}"
            );
    }

    /// <summary>
    /// Takes out what was given for all methods and this one has no use for; what is for it alone stays, so that it is told. Options that
    /// need each other are looked at together, in the order of the table.
    /// </summary>
    private static void RemoveUseless(OptionList training, string method)
    {
        var useful = new MethodOptions();
        foreach (MethodOption option in MethodOptions.All)
        {
            string name = $"--{option.Name}";
            if (training.Contains(name) && option.Parse(training.ValueOf(name) ?? bool.TrueString) is { } value)
            {
                MethodOptions changed = option.With(useful, value);
                if (Catalogue.Accepts(method, changed))
                {
                    useful = changed;
                }
                else
                {
                    training.Remove(name);
                }
            }
        }
    }
}
