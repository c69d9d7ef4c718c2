using System.Diagnostics.CodeAnalysis;
using FewShot.Compute.Graphs;
using FewShot.Data.Tables;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// How rows of a table become examples: which columns are the features, in which order, and how features and target are standardised. A
/// learner's numbers are (value − mean) / scale.
/// </summary>
/// <param name="Features">The names of the feature columns, in order.</param>
/// <param name="Mean">One mean for each feature.</param>
/// <param name="Scale">One scale for each feature; not 0.</param>
/// <param name="Target">The column that is predicted.</param>
/// <param name="TargetMean">The mean of a regression's target; 0 for classes.</param>
/// <param name="TargetScale">The scale of a regression's target; 1 for classes.</param>
public sealed record TablePreparation(
    IReadOnlyList<string> Features,
    IReadOnlyList<double> Mean,
    IReadOnlyList<double> Scale,
    string Target,
    double TargetMean,
    double TargetScale
) : InputPreparation
{
    static TablePreparation() => DataParts.Register();

    /// <summary>How the training table was written, and so the files of examples and queries are.</summary>
    /// <value>That of <see cref="TableFormat"/> by default.</value>
    [AllowNull]
    public TableFormat Format
    {
        get;
        // Files of learners from before there was a choice say nothing, which a reader passes on as null.
        init => field = value ?? new TableFormat();
    } = new();

    /// <inheritdoc/>
    public override string? Incompatibility(Shape input) =>
        Features is null || Features.Any(string.IsNullOrEmpty) || string.IsNullOrEmpty(Target) ? "does not name every column"
        : Features.Count != input.Count ? $"gives {Features.Count} features, the learner takes {input}"
        : Mean?.Count != Features.Count || Scale?.Count != Features.Count
            ? $"needs a mean and a scale for each of {Features.Count} features"
        : !(Mean.Append(TargetMean).All(double.IsFinite) && Scale.Append(TargetScale).All(scale => double.IsFinite(scale) && scale != 0))
            ? "has a mean that is not finite, or a scale that is 0 or not finite"
        : null;

    /// <summary>Reads the examples of a file.</summary>
    /// <param name="path">A comma-separated file with a header line that has the feature columns.</param>
    /// <param name="targets">What to read of the target column; null leaves it unread, as for rows to predict.</param>
    /// <exception cref="DataException">
    /// The file is missing, ragged, lacks a column, or has something other than finite numbers that a network can take; the line and column
    /// are named.
    /// </exception>
    public TableExamples Read(string path, TaskKind? targets)
    {
        CsvFile file = CsvFile.Read(Path.GetFullPath(path), Format) with { IsForLearner = true };
        int[] columns = [.. Features.Select(file.ColumnOf)];
        int target = targets is null ? -1 : file.ColumnOf(Target);
        if (file.Rows.Count == 0)
        {
            throw new DataException($"The table '{path}' has a header but no rows; add rows.");
        }

        float[] inputs = new float[file.Rows.Count * columns.Length];
        for (int row = 0; row < file.Rows.Count; row++)
        {
            for (int i = 0; i < columns.Length; i++)
            {
                inputs[(row * columns.Length) + i] = TableCell.Standardized(file, file.Rows[row], columns[i], Mean[i], Scale[i]);
            }
        }

        return new TableExamples(
            [.. file.Rows.Select(row => row.Line)],
            inputs,
            targets == TaskKind.Regression
                ? [.. file.Rows.Select(row => TableCell.Standardized(file, row, target, TargetMean, TargetScale, target: true))]
                : [],
            targets == TaskKind.Classification ? [.. file.Rows.Select(row => TableCell.Text(file, row, target))] : []
        );
    }

    /// <summary>Converts a prediction to the units of the table.</summary>
    /// <param name="value">The number that the learner predicted.</param>
    /// <returns>The prediction times the target's scale plus its mean.</returns>
    public double Restore(double value) => (value * TargetScale) + TargetMean;
}

/// <summary>Prepared rows of a table.</summary>
/// <param name="Lines">The line of the file that each row is in.</param>
/// <param name="Inputs">The prepared features, row-major [rows, features].</param>
/// <param name="Values">The standardised targets of a regression; empty otherwise.</param>
/// <param name="Labels">The class names of the rows; empty for regression or where the target is not read.</param>
public sealed record TableExamples(IReadOnlyList<int> Lines, float[] Inputs, float[] Values, IReadOnlyList<string> Labels);
