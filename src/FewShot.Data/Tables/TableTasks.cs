using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

/// <summary>
/// Tasks from a comma-separated table: each value of the group column is one task, whose rows give support and query. Splits are made
/// of whole groups: by a column, or each by a hash of its name, see <see cref="ClassDivision"/>.
/// Features, and the target of a regression, are standardised by the rows of the training split.
/// </summary>
/// <example>
/// <code>
/// var columns = new TableOptions { Group = "school", Target = "score" };
/// TableTasks tasks = TableTasks.Open("scores.csv", columns, new TaskOptions { Shots = 5, QueriesPerClass = 5 });
/// Model network = Networks.Mlp(tasks.Shape);
/// var definition = new LearnerDefinition(Methods.Maml(tasks: tasks.Shape), network, TaskKind.Regression);
/// </code>
/// </example>
public sealed class TableTasks : ITaskSource
{
    private readonly Table _table;
    private readonly TaskOptions _options;
    private readonly TableGroup[][] _groups;
    private readonly int _skipped;
    private readonly string _remedy;

    internal TableTasks(Table table, TableOptions columns, TaskOptions options)
    {
        this._table = table;
        this._options = options;
        _remedy = table.Remedy(columns);
        Shape =
            columns.Kind == TaskKind.Regression
                ? options.Regression(1, table.FeatureNames.Length)
                : options.Classification(table.FeatureNames.Length);
        _groups =
        [
            .. Enum.GetValues<Split>()
                .Select(split => options.Only is null || split == options.Only ? Usable(split, columns.SkipSmallGroups) : []),
        ];
        _skipped = (options.Only is { } only ? table.In(only).Count() : table.Groups.Length) - _groups.Sum(part => part.Length);
        if (options.Only is null or Split.Train && _groups[(int)Split.Train].Length == 0)
        {
            throw new DataException(
                $"No training group of '{table.Path}' has the rows that a task of {Shape} needs; ask for fewer shots or queries "
                    + $"({_remedy})."
            );
        }
    }

    /// <inheritdoc/>
    public string Name => "table";

    /// <inheritdoc/>
    public string Description =>
        $"Rows of '{_table.Path}', {_table.Groups.Length} tasks"
        + (_skipped > 0 ? $", {_skipped} of them left out for having too few rows." : ".");

    /// <inheritdoc/>
    public TaskShape Shape { get; }

    /// <summary>The columns that inputs are made of, in their order.</summary>
    public IReadOnlyList<string> FeatureNames => _table.FeatureNames;

    /// <summary>The mean subtracted from a regression's target; 0 for classification.</summary>
    public double TargetMean => _table.TargetMean;

    /// <summary>
    /// What a regression's target was divided by: multiply an error by this to have it in the table's units. 1 for classification.
    /// </summary>
    public double TargetScale => _table.TargetScale;

    /// <summary>Reads and checks a table.</summary>
    /// <param name="path">A comma-separated file with a header line.</param>
    /// <param name="columns">Which columns mean what.</param>
    /// <param name="options">The size of a task; for regression, shots and queries are rows of a group.</param>
    /// <exception cref="DataException">
    /// The file is missing, ragged, has something other than finite numbers, a line has more than 1,048,576 characters, or a group has too
    /// few rows.
    /// </exception>
    public static TableTasks Open(string path, TableOptions columns, TaskOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(options);
        return new TableTasks(Table.Read(path, columns), columns, options);
    }

    /// <inheritdoc/>
    public InputPreparation Preparation => _table.Preparation;

    /// <inheritdoc/>
    public bool HasSplit(Split split) => _groups[(int)split].Length > 0;

    /// <inheritdoc/>
    public SplitSummary? Summarize(Split split) => HasSplit(split) ? Summarize(split, _groups[(int)split]) : null;

    /// <inheritdoc/>
    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        destination.RequireShape(Shape);
        if (!HasSplit(split))
        {
            throw TaskErrors.NoSplit(Name, split, _remedy);
        }

        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        TableGroup[] part = _groups[(int)split];
        TableGroup group = part[random.NextInt32(part.Length)];
        destination.TaskName = group.Name;
        int perClass = _options.ExamplesPerClass;
        Span<int> rows = perClass <= 512 ? stackalloc int[perClass] : new int[perClass];
        if (Shape.Kind == TaskKind.Regression)
        {
            random.Choose(group.Values.Length, rows);
            CopyRows(group, rows, 0, destination);
            for (int i = 0; i < perClass; i++)
            {
                (i < Shape.Shots ? ref destination.SupportTargets[i] : ref destination.QueryTargets[i - Shape.Shots]) = (float)
                    group.Values[rows[i]];
            }

            return;
        }

        Span<int> classes = Shape.Ways <= 256 ? stackalloc int[Shape.Ways] : new int[Shape.Ways];
        random.Choose(group.Classes.Length, classes);
        for (int label = 0; label < classes.Length; label++)
        {
            (string name, int[] rowsOfClass) = group.Classes[classes[label]];
            destination.ClassNames![label] = name;
            random.Choose(rowsOfClass.Length, rows);
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = rowsOfClass[rows[i]];
            }

            CopyRows(group, rows, label, destination);
        }

        destination.FillClassTargets();
    }

    internal static SplitSummary Summarize(Split split, IReadOnlyCollection<TableGroup> groups)
    {
        int classes = groups.SelectMany(group => group.Classes).Select(item => item.Name).Distinct().Count();
        int[] sizes =
            classes > 0
                ? [.. groups.SelectMany(group => group.Classes).Select(item => item.Rows.Length)]
                : [.. groups.Select(group => group.Features.Length)];
        return new SplitSummary(split, groups.Count, classes, groups.Sum(group => (long)group.Features.Length), sizes.Min(), sizes.Max());
    }

    private void CopyRows(TableGroup group, ReadOnlySpan<int> rows, int label, Episode destination)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            Span<float> target =
                i < Shape.Shots
                    ? destination.SupportInput((label * Shape.Shots) + i)
                    : destination.QueryInput((label * Shape.QueriesPerClass) + i - Shape.Shots);
            double[] row = group.Features[rows[i]];
            for (int feature = 0; feature < row.Length; feature++)
            {
                target[feature] = (float)row[feature];
            }
        }
    }

    // The groups of a split that can give a task; of a classification group, the classes that can.
    private TableGroup[] Usable(Split split, bool skipSmall)
    {
        var usable = new List<TableGroup>();
        foreach (TableGroup group in _table.In(split))
        {
            string? problem = Problem(group);
            if (problem is null)
            {
                usable.Add(group);
            }
            else if (!skipSmall)
            {
                throw new DataException(
                    $"The group '{group.Name}' of '{_table.Path}' {problem}; ask for fewer, or leave small groups out "
                        + "(TableOptions.SkipSmallGroups)."
                );
            }
        }

        return [.. usable];
    }

    private string? Problem(TableGroup group)
    {
        string need = $"{_options.ExamplesPerClass} ({_options.Shots} shots + {_options.QueriesPerClass} queries)";
        if (Shape.Kind == TaskKind.Regression)
        {
            return group.Values.Length < _options.ExamplesPerClass ? $"has {group.Values.Length} rows, but a task needs {need}" : null;
        }

        if (group.Classes.Length < _options.Ways)
        {
            return $"has {group.Classes.Length} classes, but the tasks ask for {_options.Ways} ways";
        }

        (string name, int[] rows) = group.Classes.MinBy(item => item.Rows.Length);
        return rows.Length < _options.ExamplesPerClass ? $"has {rows.Length} rows of the class '{name}', but a task needs {need}" : null;
    }
}
