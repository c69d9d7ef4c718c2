using System.CommandLine;
using FewShot.Data;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>Where tasks come from, and how large they are.</summary>
internal sealed class DataOptions
{
    public Option<string?> Source { get; } =
        OptionFactory.Text("--data", "SOURCE", "Where tasks come from, see 'fewshot data list'. [default: glyphs]");

    public Option<string?> Root { get; } =
        OptionFactory.Text(
            "--data-root",
            "PATH",
            "The data folder; for 'images' the folder of class folders, for 'table' the file. [default: $FEWSHOT_DATA, or the user's "
                + "data folder]"
        );

    public Option<int?> Ways { get; } = OptionFactory.Whole("--ways", "Classes of a task. [default: 5]", 2);

    public Option<int?> Shots { get; } =
        OptionFactory.Whole("--shots", "Support examples of each class, or of a regression task. [default: 1, regression 10]", 1);

    public Option<int?> Queries { get; } =
        OptionFactory.Whole("--queries", "Query examples of each class, or of a regression task. [default: 15]", 1);

    public Option<int?> ImageSize { get; } =
        OptionFactory.Whole("--image-size", "Rows and columns that 'images' are resized to. [default: 32]", 1);

    public Option<bool> Gray { get; } = new("--gray") { Description = "Read 'images' in gray. [default: colour]" };

    public Option<string?> Group { get; } = OptionFactory.Text("--group", "COLUMN", "Column of a 'table' that tells the tasks apart.");

    public Option<string?> Target { get; } = OptionFactory.Text("--target", "COLUMN", "Column of a 'table' to predict.");

    public Option<TaskKind?> Kind { get; } =
        OptionFactory.Choice<TaskKind>("--kind", "Whether the target of a 'table' is a class or a number. [default: regression]");

    public Option<IReadOnlyList<string>?> Features { get; } =
        OptionFactory.List("--features", "COLUMN,...", "Columns of a 'table' to predict from. [default: all but group and target]");

    public Option<string?> SplitColumn { get; } =
        OptionFactory.Text(
            "--split-column",
            "COLUMN",
            "Column of a 'table' that says train, validation or test of every row, the same for all rows of a group. [default: by a "
                + "hash of the group]"
        );

    public Option<bool> SkipSmallGroups { get; } =
        new("--skip-small-groups") { Description = "Leave out groups of a 'table' with too few rows instead of refusing them." };

    public Option<char?> Separator { get; } =
        OptionFactory.Choice<char>(
            "--separator",
            "What separates the columns of a 'table'. [default: what its header has most of]",
            [("comma", ','), ("semicolon", ';'), ("tab", '\t'), ("bar", '|')]
        );

    public Option<char?> DecimalMark { get; } =
        OptionFactory.Choice<char>(
            "--decimal",
            "What stands before the decimals of numbers in a 'table'. [default: point]",
            [("point", '.'), ("comma", ',')]
        );

    public Option<string?> Encoding { get; } =
        OptionFactory.Text("--encoding", "NAME", "Encoding of a 'table', such as windows-1252. [default: utf-8]");

    /// <summary>Options that say what the data are.</summary>
    /// <param name="command">The command.</param>
    /// <param name="name">Whether the source is named by an option, and not by an argument.</param>
    public void AddSourceTo(Command command, bool name = true)
    {
        if (name)
        {
            command.Add(Source);
        }

        foreach (
            Option option in new Option[]
            {
                Root,
                ImageSize,
                Gray,
                Group,
                Target,
                Kind,
                Features,
                SplitColumn,
                SkipSmallGroups,
                Separator,
                DecimalMark,
                Encoding,
            }
        )
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
        bool isStored = stored is not null;
        stored ??= new DataSelection();
        string source = name ?? parse.GetValue(Source) ?? stored.Source;
        Refuse(parse, source, "images", ImageSize, Gray);
        Refuse(parse, source, "table", Group, Target, Kind, Features, SplitColumn, SkipSmallGroups, Separator, DecimalMark, Encoding);
        string? root = parse.GetValue(Root);
        TaskKind kind = parse.GetValue(Kind) ?? stored.Kind;
        bool regression = source == "sinusoid" || (source == "table" && kind == TaskKind.Regression);
        return stored with
        {
            Source = source,
            Root = root is null ? stored.Root : Path.GetFullPath(root),
            Ways = parse.GetValue(Ways) ?? stored.Ways,
            Shots = parse.GetValue(Shots) ?? stored.Shots ?? (regression ? 10 : 1),
            Queries = parse.GetValue(Queries) ?? stored.Queries,
            ImageSize = parse.GetValue(ImageSize) ?? stored.ImageSize,
            Gray = parse.GetValue(Gray) || stored.Gray,
            Division =
                source is not ("images" or "table") ? null
                : isStored && stored.Source == source ? stored.Division
                : ClassDivision.ByHash,
            TrainingClasses = stored.Source == source ? stored.TrainingClasses : null,
            Group = parse.GetValue(Group) ?? stored.Group,
            Target = parse.GetValue(Target) ?? stored.Target,
            Kind = kind,
            Features = parse.GetValue(Features) ?? stored.Features,
            SplitColumn = parse.GetValue(SplitColumn) ?? stored.SplitColumn,
            SkipSmallGroups = parse.GetValue(SkipSmallGroups) || stored.SkipSmallGroups,
            Separator = parse.GetValue(Separator) ?? stored.Separator,
            DecimalMark = parse.GetValue(DecimalMark) ?? stored.DecimalMark,
            Encoding = parse.GetValue(Encoding) ?? stored.Encoding,
        };
    }

    // An option that would be ignored is a mistake of who gives it.
    private static void Refuse(ParseResult parse, string source, string owner, params IEnumerable<Option> options)
    {
        if (source != owner && options.FirstOrDefault(option => parse.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new ArgumentException($"{given.Name} is for --data {owner}, not for '{source}'; leave it out");
        }
    }
}
