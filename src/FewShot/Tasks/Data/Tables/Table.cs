using System.Globalization;

namespace FewShot.Tasks.Data;

// A checked table of numbers: features standardised by the training split, rows gathered by group, groups divided into splits.
internal sealed class Table
{
    private Table(string path, string[] featureNames, string targetName, TableGroup[] groups)
    {
        Path = path;
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

    public TablePreparation Preparation => new(FeatureNames, FeatureMeans, FeatureScales, TargetName, TargetMean, TargetScale);

    public IEnumerable<TableGroup> In(Split split) => Groups.Where(group => group.Split == split);

    public static Table Read(string path, TableOptions options)
    {
        path = System.IO.Path.GetFullPath(path);
        CsvFile file = CsvFile.Read(path);
        int groupColumn = file.ColumnOf(options.Group);
        int targetColumn = file.ColumnOf(options.Target);
        int[] featureColumns = options.Features is { } named
            ? [.. named.Select(file.ColumnOf)]
            : [.. Enumerable.Range(0, file.Header.Length).Where(column => column != groupColumn && column != targetColumn)];
        if (featureColumns.Length == 0 || featureColumns.Contains(targetColumn) || groupColumn == targetColumn)
        {
            throw new DataException($"The table '{path}' needs a group column, another target column, and at least one feature column that is not the target.");
        }

        if (file.Rows.Count == 0)
        {
            throw new DataException($"The table '{path}' has a header but no rows; add rows.");
        }

        IGrouping<string, CsvRow>[] rowsOfGroup = [.. file.Rows.GroupBy(row => Text(file, row, groupColumn))];
        Dictionary<string, Split> splits = NameSplit.Divide([.. rowsOfGroup.Select(group => group.Key)]);
        bool classes = options.Kind == TaskKind.Classification;
        TableGroup[] groups =
        [
            .. rowsOfGroup.Select(rows => new TableGroup(
                rows.Key, splits[rows.Key],
                [.. rows.Select(row => Array.ConvertAll(featureColumns, column => Number(file, row, column)))],
                classes ? [] : [.. rows.Select(row => Number(file, row, targetColumn))],
                classes ? [.. rows.Select(row => Text(file, row, targetColumn))] : [])),
        ];
        var table = new Table(path, Array.ConvertAll(featureColumns, column => file.Header[column]), file.Header[targetColumn], groups);
        table.Standardize(classes);
        return table;
    }

    internal static string Text(CsvFile file, CsvRow row, int column) => row.Fields[column].Length > 0
        ? row.Fields[column]
        : throw new DataException($"Line {row.Line}, column '{file.Header[column]}' of '{file.Path}' is empty; fill it in or remove the row.");

    internal static double Number(CsvFile file, CsvRow row, int column)
    {
        string text = Text(file, row, column);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new DataException($"Line {row.Line}, column '{file.Header[column]}' of '{file.Path}' has the value '{text}', which is not a finite number; "
                + "correct it, remove the row, or leave the column out of the features.");
    }

    // Means and deviations come from the training groups only: the others must stay unseen.
    private void Standardize(bool classes)
    {
        for (int feature = 0; feature < FeatureNames.Length; feature++)
        {
            (double mean, double scale) = Moments(In(Split.Train).SelectMany(group => group.Features).Select(row => row[feature]));
            (FeatureMeans[feature], FeatureScales[feature]) = (mean, scale);
            foreach (double[] row in Groups.SelectMany(group => group.Features))
            {
                row[feature] = (row[feature] - mean) / scale;
            }
        }

        if (!classes)
        {
            (TargetMean, TargetScale) = Moments(In(Split.Train).SelectMany(group => group.Values));
            foreach (TableGroup group in Groups)
            {
                for (int row = 0; row < group.Values.Length; row++)
                {
                    group.Values[row] = (group.Values[row] - TargetMean) / TargetScale;
                }
            }
        }
    }

    private static (double Mean, double Scale) Moments(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        double deviation = Math.Sqrt(all.Average(value => (value - mean) * (value - mean)));

        // A column that never varies is centred only; anything below rounding error counts as that.
        return (mean, deviation > 1e-12 * (1 + Math.Abs(mean)) ? deviation : 1);
    }
}

// The rows of one task: Values for regression, Labels for classification, the other empty.
internal sealed record TableGroup(string Name, Split Split, double[][] Features, double[] Values, string[] Labels)
{
    // The rows of each class, by class name.
    public (string Name, int[] Rows)[] Classes { get; } =
        [.. Labels.Select((label, row) => (label, row)).GroupBy(item => item.label, item => item.row).OrderBy(rows => rows.Key, StringComparer.Ordinal).Select(rows => (rows.Key, rows.ToArray()))];
}
