using System.Text.Json.Nodes;
using FewShot.Storage;

namespace FewShot.Tests.Oracles;

/// <summary>Something that both the product and the oracles compute, from the same numbers.</summary>
internal abstract class OracleCase
{
    /// <summary>What it is, for a message.</summary>
    public abstract string Name { get; }

    /// <summary>Its description in cases.json.</summary>
    public abstract JsonObject ToJson();

    /// <summary>The numbers it starts from.</summary>
    public abstract IEnumerable<StoredTensor> Given();

    /// <summary>
    /// The Euclidean norm of the differences relative to that of what is right; not a number where a number is none.
    /// </summary>
    protected static double RelativeDistance(IEnumerable<(double Found, double Right)> pairs)
    {
        double difference = 0;
        double size = 0;
        foreach ((double found, double right) in pairs)
        {
            difference += (found - right) * (found - right);
            size += right * right;
        }

        return size > 0 ? Math.Sqrt(difference / size)
            : difference == 0 ? 0
            : double.PositiveInfinity;
    }

    /// <summary>The largest difference, relative to the largest number where that is above 1.</summary>
    protected static double LargestDifference(IReadOnlyList<(double Found, double Right)> pairs) =>
        pairs.Max(pair => Math.Abs(pair.Found - pair.Right)) / Math.Max(1, pairs.Max(pair => Math.Abs(pair.Right)));
}
