using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>What a data set holds.</summary>
/// <param name="Name">The name of its source.</param>
/// <param name="Description">One line that says what the data are and where they come from.</param>
/// <param name="InputShape">The shape of one example.</param>
/// <param name="Splits">What each split that exists holds.</param>
public sealed record DatasetReport(string Name, string Description, IReadOnlyList<int> InputShape, IReadOnlyList<SplitSummary> Splits)
{
    /// <summary>Groups of image files of one content, those in several splits first; looked for in the user's own images only.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<IdenticalImages> Identical { get; init; } = [];

    // A split that cannot be summarized is not there.
    internal static IReadOnlyList<SplitSummary> Existing(Func<Split, SplitSummary?> summarize) =>
        [.. Enum.GetValues<Split>().Select(summarize).OfType<SplitSummary>()];
}
