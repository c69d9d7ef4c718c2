using FewShot.Tasks;

namespace FewShot.Data.Tables;

/// <summary>Which columns of a table mean what.</summary>
public sealed record TableOptions
{
    /// <summary>The column whose values tell the tasks apart: a school, a patient, a machine.</summary>
    public required string Group { get; init; }

    /// <summary>The column to predict.</summary>
    public required string Target { get; init; }

    /// <summary>Whether the target is a number or a class.</summary>
    /// <value>A number by default: regression.</value>
    public TaskKind Kind { get; init; } = TaskKind.Regression;

    /// <summary>The columns to predict from; null is every column but the group and the target.</summary>
    /// <value>Null by default.</value>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>
    /// The column that names the split of each row: train, validation or test, or a usual other name of these, in any letter case; no
    /// input. All rows of a group are in one split. Null divides the groups by <see cref="Division"/>.
    /// </summary>
    /// <value>Null by default.</value>
    public string? SplitColumn { get; init; }

    /// <summary>How groups are divided into splits where no column says it.</summary>
    /// <value>The default is <see cref="ClassDivision.ByHash"/>, under which a group keeps its split whatever groups are added.</value>
    public ClassDivision Division { get; init; } = ClassDivision.ByHash;

    /// <summary>Whether groups with too few rows for a task are left out instead of being an error.</summary>
    /// <value>False by default.</value>
    public bool SkipSmallGroups { get; init; }

    /// <summary>
    /// Names of the groups that a learner was trained on: those that are not in the training split now are left out, so that no task is
    /// measured on a group that the learner knows.
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<string> TrainedGroups { get; init; } = [];

    /// <summary>
    /// The means and scales of a trained learner, so that a table that has grown does not change what the learner is shown; its features
    /// and target are those of the table.
    /// </summary>
    /// <value>The default is null, which computes them from the rows of the training split.</value>
    public TablePreparation? Preparation { get; init; }

    /// <summary>How the text is written: separator, decimal mark and encoding.</summary>
    /// <value>The default finds the separator, and takes decimal points and UTF-8.</value>
    public TableFormat Format { get; init; } = new();
}
