namespace FewShot.Evaluation;

/// <summary>A mean over episodes with its 95 % confidence half-width, 1.96 standard errors.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="HalfWidth">Half the width of the interval; 0 for one value.</param>
public readonly record struct Interval(double Mean, double HalfWidth)
{
    /// <summary>Of a sample.</summary>
    public static Interval Of(ReadOnlySpan<double> values)
    {
        double mean = 0;
        foreach (double value in values)
        {
            mean += value / values.Length;
        }

        double squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return new Interval(mean, values.Length < 2 ? 0 : 1.96 * Math.Sqrt(squares / (values.Length - 1) / values.Length));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Mean:0.####} ± {HalfWidth:0.####}";
}
