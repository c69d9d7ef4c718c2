namespace FewShot.Benchmarks;

/// <summary>Order statistics of timings.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The value that a fraction of all do not exceed (nearest rank).</summary>
    public static double Percentile(IEnumerable<double> values, double fraction)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Length) - 1)];
    }

    /// <summary>Distance of the quartiles over the median: how much single values move.</summary>
    public static double Spread(IReadOnlyCollection<double> values) =>
        (Percentile(values, 0.75) - Percentile(values, 0.25)) / Median(values);

    /// <summary>
    /// Where the median lies with 95 % confidence, whatever the distribution: between two order statistics, by the binomial law in its
    /// normal approximation. Of fewer than six values, the smallest and the largest.
    /// </summary>
    public static (double Low, double High) MedianInterval(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int rank = sorted.Length < 6 ? 0 : Math.Max(0, (int)Math.Floor((sorted.Length / 2.0) - (0.98 * Math.Sqrt(sorted.Length))));
        return (sorted[rank], sorted[^(rank + 1)]);
    }
}
