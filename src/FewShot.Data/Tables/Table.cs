using System.Globalization;
using FewShot.Data.Naming;
using FewShot.Tasks;

namespace FewShot.Data.Tables;

// A checked table of numbers: features standardised by the training split, rows gathered by group, groups divided into splits.
internal sealed class Table
{
    private readonly TableFormat _format;

    private Table(string path, TableFormat format, string[] featureNames, string targetName, TableGroup[] groups)
    {
        Path = path;
        _format = format;
        FeatureNames = featureNames;
        TargetName = targetName;
        FeatureMeans = new double[featureNames.Length];
        FeatureScales = new double[featureNames.Length];
        Groups = groups;
    }

    public string Path { get; }

    public string[] FeatureNames { get; }

    public string TargetName { get; }

    public TableGroup[] Groups { get; }

    // Of the features before standardising.
    public double[] FeatureMeans { get; }

    public double[] FeatureScales { get; }

    // Of the target before standardising; 0 and 1 for classification.
    public double TargetMean { get; private set; }

    public double TargetScale { get; private set; } = 1;

    public TablePreparation Preparation =>
        new(FeatureNames, FeatureMeans, FeatureScales, TargetName, TargetMean, TargetScale) { Format = _format };

    // Groups that were left out because a learner was trained on them.
    public IReadOnlyList<string> LeftOut { get; private init; } = [];

    public IEnumerable<TableGroup> In(Split split) => Groups.Where(group => group.Split == split);

    public static Table Read(string path, TableOptions options)
    {
        path = System.IO.Path.GetFullPath(path);
        CsvFile file = CsvFile.Read(path, options.Format);
        int groupColumn = file.ColumnOf(options.Group);
        int targetColumn = file.ColumnOf(options.Target);
        int? splitColumn = options.SplitColumn is { } split ? file.ColumnOf(split) : null;
        int[] featureColumns = options.Features is { } named
            ? [.. named.Select(file.ColumnOf)]
            :
            [
                .. Enumerable
                    .Range(0, file.Header.Length)
                    .Where(column => column != groupColumn && column != targetColumn && column != splitColumn),
            ];
        if (featureColumns.Length == 0 || featureColumns.Contains(targetColumn) || groupColumn == targetColumn)
        {
            throw new DataException(
                $"The table '{path}' needs a group column, another target column, and at least one feature column that is not the target."
            );
        }

        if (splitColumn is { } own && (own == groupColumn || own == targetColumn || featureColumns.Contains(own)))
        {
            throw new DataException(
                $"The split column '{file.Header[own]}' of '{path}' cannot also be the group, the target or a feature; name another column."
            );
        }

        if (file.Rows.Count == 0)
        {
            throw new DataException($"The table '{path}' has a header but no rows; add rows.");
        }

        IGrouping<string, CsvRow>[] rowsOfGroup = [.. file.Rows.GroupBy(row => TableCell.Text(file, row, groupColumn))];
        Func<string, Split> splitOf = splitColumn is { } column
            ? GivenSplits(file, rowsOfGroup, column)
            : NameSplit.Divide([.. rowsOfGroup.Select(group => group.Key)], options.Division);
        bool classes = options.Kind == TaskKind.Classification;
        var trained = options.TrainedGroups.Select(CanonicalName.Of).ToHashSet();
        string[] leftOut =
        [
            .. rowsOfGroup.Select(rows => rows.Key).Where(name => splitOf(name) != Split.Train && trained.Contains(CanonicalName.Of(name))),
        ];
        TableGroup[] groups =
        [
            .. rowsOfGroup
                .Where(rows => !leftOut.Contains(rows.Key))
                .Select(rows => new TableGroup(
                    rows.Key,
                    splitOf(rows.Key),
                    [.. rows.Select(row => row.Line)],
                    [.. rows.Select(row => Array.ConvertAll(featureColumns, column => TableCell.Number(file, row, column)))],
                    classes ? [] : [.. rows.Select(row => TableCell.Number(file, row, targetColumn, target: true))],
                    classes ? [.. rows.Select(row => TableCell.Text(file, row, targetColumn))] : []
                )),
        ];
        var table = new Table(
            path,
            options.Format,
            Array.ConvertAll(featureColumns, column => file.Header[column]),
            file.Header[targetColumn],
            groups
        )
        {
            LeftOut = leftOut,
        };
        if (options.Preparation is { } preparation)
        {
            table.StandardizeAs(preparation, classes);
            return table;
        }

        if (!table.In(Split.Train).Any())
        {
            throw new DataException(
                $"No group of '{path}' is in the training split, by whose rows the columns are standardised; {table.Remedy(options)}."
            );
        }

        table.Standardize(classes);
        return table;
    }

    // What to do where a split has no groups, or too few.
    public string Remedy(TableOptions options) =>
        LeftOut.Count > 0 ? $"{LeftOut.Count} of its groups are left out because the learner was trained on them"
        : options.SplitColumn is { } column ? $"the splits are those of the column '{column}': write others into it"
        : options.Division == ClassDivision.ByHash
            ? "each group has its split by a hash of its name, whatever the others are: add groups, or divide them yourself by a "
                + "column (TableOptions.SplitColumn)"
        : "groups are divided 64 / 16 / 20 by rank: add groups";

    private static Func<string, Split> GivenSplits(CsvFile file, IGrouping<string, CsvRow>[] rowsOfGroup, int column)
    {
        var splits = new Dictionary<string, Split>();
        foreach (IGrouping<string, CsvRow> group in rowsOfGroup)
        {
            foreach (CsvRow row in group)
            {
                string word = TableCell.Text(file, row, column);
                Split split =
                    NameSplit.Given(word)
                    ?? throw new DataException(
                        $"Line {row.Line} of '{file.Path}', column '{file.Header[column]}', names the split '{word}'; write train, "
                            + "validation or test."
                    );
                if (splits.TryGetValue(group.Key, out Split before) && before != split)
                {
                    throw new DataException(
                        $"Line {row.Line} of '{file.Path}' puts the group '{group.Key}' into the {TaskErrors.NameOf(split)} split, but "
                            + "an earlier line into "
                            + $"{TaskErrors.NameOf(before)}; tasks are measured on groups never seen in training, so keep a group in "
                            + "one split."
                    );
                }

                splits[group.Key] = split;
            }
        }

        return name => splits[name];
    }

    // Means and deviations come from the training groups only: the others must stay unseen.
    private void Standardize(bool classes)
    {
        for (int feature = 0; feature < FeatureNames.Length; feature++)
        {
            (FeatureMeans[feature], FeatureScales[feature]) = Moments(group => group.Features, row => row[feature], FeatureNames[feature]);
        }

        if (!classes)
        {
            (TargetMean, TargetScale) = Moments(group => group.Values, value => value, TargetName);
        }

        Apply(classes);
    }

    // As a learner was trained, whatever rows the table has now.
    private void StandardizeAs(TablePreparation learner, bool classes)
    {
        if (!learner.Features.SequenceEqual(FeatureNames) || learner.Target != TargetName)
        {
            throw new DataException(
                $"The learner predicts '{learner.Target}' from {string.Join(", ", learner.Features.Select(name => $"'{name}'"))}, but "
                    + $"'{Path}' is read for '{TargetName}' from {string.Join(", ", FeatureNames.Select(name => $"'{name}'"))}; choose the "
                    + "columns it was trained on."
            );
        }

        learner.Mean.ToArray().CopyTo(FeatureMeans, 0);
        learner.Scale.ToArray().CopyTo(FeatureScales, 0);
        (TargetMean, TargetScale) = (learner.TargetMean, learner.TargetScale);
        Apply(classes);
    }

    private void Apply(bool classes)
    {
        foreach (TableGroup group in Groups)
        {
            for (int row = 0; row < group.Lines.Length; row++)
            {
                double[] features = group.Features[row];
                for (int feature = 0; feature < features.Length; feature++)
                {
                    features[feature] = TableCell.Standardized(
                        features[feature],
                        FeatureMeans[feature],
                        FeatureScales[feature],
                        new TablePlace(Path, group.Lines[row], FeatureNames[feature])
                    );
                }

                if (!classes)
                {
                    group.Values[row] = TableCell.Standardized(
                        group.Values[row],
                        TargetMean,
                        TargetScale,
                        new TablePlace(Path, group.Lines[row], TargetName)
                    );
                }
            }
        }
    }

    private (double Mean, double Scale) Moments<T>(Func<TableGroup, IEnumerable<T>> rowsOf, Func<T, double> valueOf, string column)
    {
        (double Value, int Line)[] cells =
        [
            .. In(Split.Train).SelectMany(group => rowsOf(group).Zip(group.Lines, (row, line) => (valueOf(row), line))),
        ];
        double[] all = Array.ConvertAll(cells, cell => cell.Value);
        if (ColumnScale.Outlier(all) is { } far)
        {
            throw TableCell.Outlier(new TablePlace(Path, cells[far].Line, column), all[far]);
        }

        return ColumnScale.Of(all);
    }
}

// The rows of one task, with their lines in the file: Values for regression, Labels for classification, the other empty.
internal sealed record TableGroup(string Name, Split Split, int[] Lines, double[][] Features, double[] Values, string[] Labels)
{
    // The rows of each class, by class name.
    public (string Name, int[] Rows)[] Classes { get; } =
    [
        .. Labels
            .Select((label, row) => (label, row))
            .GroupBy(item => item.label, item => item.row)
            .OrderBy(rows => rows.Key, StringComparer.Ordinal)
            .Select(rows => (rows.Key, rows.ToArray())),
    ];
}
