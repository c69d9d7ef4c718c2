namespace FewShot;

/// <summary>
/// Queries that cannot be answered: they hold NaN or infinity, or values so large that the answer is no number. <see cref="Rows"/> says
/// which, so that they can be left out; the others of the call are good.
/// </summary>
public sealed class QueryException : ArgumentException
{
    private const int Named = 10;

    internal QueryException(IReadOnlyList<int> rows, string fault)
        : base($"{(rows.Count == 1 ? "query" : "queries")} {List(rows)}, counted from 0: {fault}", "inputs") =>
        (Rows, Fault) = (rows, fault);

    /// <summary>The places of the queries in the call, from 0, in order.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>What is wrong with the queries, and what to do.</summary>
    public string Fault { get; }

    private static string List(IReadOnlyList<int> rows) =>
        string.Join(", ", rows.Take(Named)) + (rows.Count > Named ? $" and {rows.Count - Named} more" : "");
}
