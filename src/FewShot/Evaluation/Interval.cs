using MathNet.Numerics.Distributions;

namespace FewShot.Evaluation;

/// <summary>
/// A mean over episodes with its 95 % confidence half-width: the standard error times Student's quantile for one degree of freedom fewer
/// than there are values, which is 2.776 for 5 of them, 1.964 for 600, and tends to the normal distribution's 1.960.
/// </summary>
/// <param name="Mean">The mean of the values.</param>
/// <param name="HalfWidth">Half the width of the interval; infinite for one value, which says nothing of how values differ.</param>
public readonly record struct Interval(double Mean, double HalfWidth)
{
    private const double UpperTail = 0.975;

    /// <summary>The mean of a sample with its interval.</summary>
    /// <param name="values">The sample, at least one value.</param>
    /// <returns>The mean, and half the width of its 95 % interval.</returns>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Interval Of(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("a mean needs at least one value", nameof(values));
        }

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

        return new Interval(
            mean,
            values.Length == 1
                ? double.PositiveInfinity
                : Quantile(values.Length - 1) * Math.Sqrt(squares / (values.Length - 1) / values.Length)
        );
    }

    /// <summary>What Student's t with so many degrees of freedom exceeds in 2.5 % of all cases.</summary>
    /// <param name="freedom">Degrees of freedom, at least 1.</param>
    internal static double Quantile(int freedom) => StudentT.InvCDF(location: 0, scale: 1, freedom, UpperTail);

    /// <inheritdoc/>
    public override string ToString() => $"{Mean:0.####} ± {HalfWidth:0.####}";
}
