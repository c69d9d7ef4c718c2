namespace FewShot.Data.Tables;

// By what the numbers of a column are standardised, and which of them would spoil that for the others.
internal static class ColumnScale
{
    // Mean and standard deviation. A column that never varies is centred only; anything below rounding error counts as that.
    public static (double Mean, double Scale) Of(double[] values)
    {
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return (mean, deviation > 1e-12 * (1 + Math.Abs(mean)) ? deviation : 1);
    }

    // The place of the number that is farthest from the median, where it is so far that beside it a float cannot tell the others apart:
    // TableCell.Farthest times the median distance of those that are not at the median. Judged by medians, which a few wild numbers do not
    // move, and without those at the median, so that a column of mostly zeros is judged by the rest.
    public static int? Outlier(double[] values)
    {
        double median = Median([.. values]);
        double[] distances = Array.ConvertAll(values, value => Math.Abs(value - median));
        double[] apart = [.. distances.Where(distance => distance > 0)];
        if (apart.Length == 0)
        {
            return null;
        }

        int farthest = Array.IndexOf(distances, distances.Max());
        return distances[farthest] > TableCell.Farthest * Median(apart) ? farthest : null;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[(values.Length - 1) / 2];
    }
}
