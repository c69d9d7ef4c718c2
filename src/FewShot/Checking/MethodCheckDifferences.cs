namespace FewShot.Checking;

/// <summary>Derivatives by central differences, extrapolated to step zero (Ridders 1982), on one smooth piece of a function.</summary>
internal static class MethodCheckDifferences
{
    private const double LargestStep = 2e-3;
    private const double SmallestStep = 5e-6;
    private const int Halvings = 4;

    /// <summary>
    /// Rounding of one value of the function, relative; a bound by experience, for it has run through a whole inner loop.
    /// </summary>
    private const double Rounding = 1e-15;

    /// <summary>
    /// The derivative at 0, from the largest steps that stay on the branch the function is on at 0; null where even the smallest leaves it.
    /// </summary>
    /// <param name="function">The function, and the branches that it took.</param>
    /// <param name="start">What it gives at 0.</param>
    public static double? Derivative(Func<double, (double Value, ulong Branches)> function, (double Value, ulong Branches) start)
    {
        (double value, ulong branches) = start;
        double step = LargestStep;
        double? first = Central(step);
        while (first is null)
        {
            step /= 4;
            if (step < SmallestStep)
            {
                return null;
            }

            first = Central(step);
        }

        // Row i holds the difference at step/2ⁱ, then its extrapolations of order 4, 6, ...; the one that agrees best with its neighbours
        // is the answer, where the agreement of two that rounding could have made differ counts for no more than that.
        double[] previous = [first.Value];
        double best = first.Value;
        double uncertainty = double.PositiveInfinity;
        for (int i = 1; i <= Halvings; i++)
        {
            double h = step / Math.Pow(2, i);
            if (Central(h) is not { } difference)
            {
                return null;
            }

            double[] row = new double[i + 1];
            row[0] = difference;
            for (int j = 1; j <= i; j++)
            {
                double factor = Math.Pow(4, j);
                row[j] = ((factor * row[j - 1]) - previous[j - 1]) / (factor - 1);
                double error =
                    Math.Max(Math.Abs(row[j] - row[j - 1]), Math.Abs(row[j] - previous[j - 1])) + (Rounding * Math.Abs(value) / h);
                if (error < uncertainty)
                {
                    (uncertainty, best) = (error, row[j]);
                }
            }

            // Smaller steps only add rounding once the extrapolation has settled.
            if (uncertainty <= 1e-11 * Math.Max(1, Math.Abs(best)) || Rounding * Math.Abs(value) / h > uncertainty / 2)
            {
                break;
            }

            previous = row;
        }

        return best;

        double? Central(double h)
        {
            (double above, ulong branchesAbove) = function(h);
            (double below, ulong branchesBelow) = function(-h);
            return branchesAbove == branches && branchesBelow == branches ? (above - below) / (2 * h) : null;
        }
    }
}
