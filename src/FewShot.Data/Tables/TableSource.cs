using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

/// <summary>The source 'table': a user's own table, see <see cref="TableTasks"/>.</summary>
public sealed class TableSource : TaskSourceDescriptor
{
    internal TableSource() { }

    /// <summary>The option for <see cref="TableOptions.Group"/>.</summary>
    public static SourceOption<string?> Group { get; } =
        SourceOption.Text("group", "COLUMN", "Column of a 'table' that tells the tasks apart.") with
        {
            IsRequired = true,
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="TableOptions.Target"/>.</summary>
    public static SourceOption<string?> Target { get; } =
        SourceOption.Text("target", "COLUMN", "Column of a 'table' to predict.") with
        {
            IsRequired = true,
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="TableOptions.Kind"/>.</summary>
    public static SourceOption<TaskKind> Kind { get; } =
        SourceOption.Choice(
            "kind",
            "Whether the target of a 'table' is a class or a number. [default: regression]",
            TaskKind.Regression
        ) with
        {
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="TableOptions.Features"/>.</summary>
    public static SourceOption<IReadOnlyList<string>?> Features { get; } =
        SourceOption.List("features", "COLUMN,...", "Columns of a 'table' to predict from. [default: all but group and target]") with
        {
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="TableOptions.SplitColumn"/>.</summary>
    public static SourceOption<string?> SplitColumn { get; } =
        SourceOption.Text(
            "split-column",
            "COLUMN",
            "Column of a 'table' that says train, validation or test of every row, the same for all rows of a group. [default: by a "
                + "hash of the group]"
        );

    /// <summary>The option for <see cref="TableOptions.SkipSmallGroups"/>.</summary>
    public static SourceOption<bool> SkipSmallGroups { get; } =
        SourceOption.Switch("skip-small-groups", "Leave out groups of a 'table' with too few rows instead of refusing them.") with
        {
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="TableFormat.Separator"/>.</summary>
    public static SourceOption<char?> Separator { get; } =
        SourceOption.Choice<char?>(
            "separator",
            "What separates the columns of a 'table'. [default: what its header has most of]",
            [("comma", ','), ("semicolon", ';'), ("tab", '\t'), ("bar", '|')],
            null
        );

    /// <summary>The option for <see cref="TableFormat.DecimalMark"/>.</summary>
    public static SourceOption<char?> DecimalMark { get; } =
        SourceOption.Choice<char?>(
            "decimal",
            "What stands before the decimals of numbers in a 'table'. [default: point]",
            [("point", '.'), ("comma", ',')],
            null
        ) with
        {
            Key = "decimalMark",
        };

    /// <summary>The option for <see cref="TableFormat.Encoding"/>.</summary>
    public static SourceOption<string?> Encoding { get; } =
        SourceOption.Text("encoding", "NAME", "Encoding of a 'table', such as windows-1252. [default: utf-8]");

    /// <inheritdoc/>
    public override string Name => "table";

    /// <inheritdoc/>
    public override string Summary => "your own table (CSV), one task for each value of a column";

    /// <inheritdoc/>
    public override string Root => "the file";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOption> Options { get; } =
    [Group, Target, Kind, Features, SplitColumn, SkipSmallGroups, Separator, DecimalMark, Encoding, SourceOption.Division];

    /// <inheritdoc/>
    public override TaskKind KindOf(SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Get(Kind);
    }

    /// <inheritdoc/>
    public override SourceData Open(string? root, SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string path = RequireRoot(root);
        var format = new TableFormat();
        var columns = new TableOptions
        {
            Group = Require(settings, Group),
            Target = Require(settings, Target),
            Kind = settings.Get(Kind),
            Features = settings.Get(Features),
            SplitColumn = settings.Get(SplitColumn),
            Division = settings.Get(SourceOption.Division),
            SkipSmallGroups = settings.Get(SkipSmallGroups),
            TrainedGroups = settings.TrainedClasses,
            Preparation = settings.Preparation as TablePreparation,
            Format = format with
            {
                Separator = settings.Get(Separator),
                DecimalMark = settings.Get(DecimalMark) ?? format.DecimalMark,
                Encoding = settings.Get(Encoding) ?? format.Encoding,
            },
        };
        Table table = Table.Read(path, columns);
        return new SourceData(options => new TableTasks(table, columns, options))
        {
            Report = () =>
                new DatasetReport(
                    Name,
                    $"Rows of '{table.Path}', {table.Groups.Length} tasks.",
                    [table.FeatureNames.Length],
                    DatasetReport.Existing(split =>
                        table.In(split).ToArray() is { Length: > 0 } groups ? TableTasks.Summarize(split, groups) : null
                    )
                ),
            TrainingClasses = [.. table.In(Split.Train).Select(group => group.Name).Order(StringComparer.Ordinal)],
            LeftOut = table.LeftOut,
        };
    }
}
