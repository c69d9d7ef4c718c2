namespace FewShot.Compute.Operations;

/// <summary>
/// A function of one real variable, to be applied to the eigenvalues of a symmetric matrix. Immutable; the set is closed.
/// </summary>
public abstract record MatrixFunction
{
    private protected MatrixFunction() { }

    /// <summary>The exponential λ ↦ e^{tλ}.</summary>
    /// <param name="t">The factor t of the exponent; 1 by default.</param>
    /// <exception cref="ArgumentException"><paramref name="t"/> is not finite.</exception>
    public static MatrixFunction Exponential(double t = 1) =>
        double.IsFinite(t) ? new ExponentialFunction(t) : throw new ArgumentException($"Exponential: needs a finite t, got {t}", nameof(t));

    /// <summary>
    /// The function λ ↦ (1 − e^{−tλ})/λ, which is t at λ = 0: the integral of e^{−sλ} over s from 0 to t, by which gradient flow on a
    /// quadratic has moved at time t. At t = ∞ it is 1/λ.
    /// </summary>
    /// <param name="t">The time t, at least 0; may be infinite.</param>
    /// <exception cref="ArgumentException"><paramref name="t"/> is negative or NaN.</exception>
    public static MatrixFunction ExponentialIntegral(double t) =>
        !(t >= 0) ? throw new ArgumentException($"ExponentialIntegral: needs a time of at least 0, got {t}", nameof(t))
        : double.IsPositiveInfinity(t) ? Inverse
        : new ExponentialIntegralFunction(t);

    /// <summary>The inverse λ ↦ 1/λ.</summary>
    public static MatrixFunction Inverse { get; } = new InverseFunction();

    /// <summary>The square root λ ↦ √λ, for positive semidefinite matrices; differentiable where they are definite.</summary>
    public static MatrixFunction SquareRoot { get; } = new PowerFunction(0.5);

    /// <summary>The inverse square root λ ↦ 1/√λ, for positive definite matrices.</summary>
    public static MatrixFunction InverseSquareRoot { get; } = new PowerFunction(-0.5);

    /// <summary>The logarithm λ ↦ log λ, for positive definite matrices.</summary>
    public static MatrixFunction Logarithm { get; } = new LogarithmFunction();

    internal abstract double Value(double x);

    /// <summary>
    /// Eigenvalues in ascending order as the function takes them: from one defined on [0, ∞) rounding below zero is taken away.
    /// </summary>
    internal virtual double[] Eigenvalues(double[] computed) => computed;

    /// <summary>
    /// Whether the Taylor series about their middle converges fast on the points between; if not, differences of values there do not
    /// cancel.
    /// </summary>
    internal abstract bool IsNear(double low, double high);

    /// <summary>
    /// The quotient of the Taylor coefficients f⁽ᵏ⁾(c)/k! of orders k + 1 and k, for k ≥ 1 or, unless the first is given, 0.
    /// </summary>
    private protected abstract double NextCoefficient(int k, double c);

    private protected virtual double FirstCoefficient(double c) => Value(c) * NextCoefficient(0, c);

    /// <summary>
    /// The divided difference f[x₀..xₙ] of points in ascending order, equal ones allowed: the recursion over points far apart, the Taylor
    /// series over points near each other.
    /// </summary>
    internal virtual double DividedDifference(ReadOnlySpan<double> points) =>
        points.Length == 1 ? Value(points[0])
        : IsNear(points[0], points[^1]) ? Series(points)
        : (DividedDifference(points[1..]) - DividedDifference(points[..^1])) / (points[^1] - points[0]);

    /// <summary>
    /// The Taylor series of f about the middle c, taken at a divided difference: Σₖ f⁽ⁿ⁺ᵏ⁾(c)/(n+k)! · hₖ(x₀−c..xₙ−c), with hₖ the complete
    /// homogeneous symmetric polynomials.
    /// </summary>
    private double Series(ReadOnlySpan<double> points)
    {
        const int MostTerms = 200;
        int n = points.Length - 1;
        double c = points[0] + ((points[^1] - points[0]) / 2);
        double radius = (points[^1] - points[0]) / 2;
        double coefficient = FirstCoefficient(c);
        for (int k = 1; k < n; k++)
        {
            coefficient *= NextCoefficient(k, c);
        }

        // homogeneous[j] is hₖ of the first j + 1 deviations; bound is hₖ of as many deviations of the largest size.
        Span<double> homogeneous = stackalloc double[n + 1];
        homogeneous.Fill(1);
        double sum = coefficient;
        double bound = 1;
        for (int k = 1; k <= MostTerms; k++)
        {
            coefficient *= NextCoefficient(n + k - 1, c);
            bound *= radius * (n + k) / k;
            if (!(Math.Abs(coefficient) * bound > Math.Abs(sum) * 1e-18))
            {
                break;
            }

            double before = 0;
            for (int j = 0; j <= n; j++)
            {
                before += (points[j] - c) * homogeneous[j];
                homogeneous[j] = before;
            }

            sum += coefficient * homogeneous[n];
        }

        return sum;
    }

    private sealed record ExponentialFunction(double T) : MatrixFunction
    {
        internal override double Value(double x) => Math.Exp(T * x);

        internal override bool IsNear(double low, double high) => Math.Abs(T) * (high - low) <= 2;

        private protected override double NextCoefficient(int k, double c) => T / (k + 1);
    }

    /// <summary>
    /// The integral of an exponential: with g(λ) = e^{−tλ} it is −g[0, λ], so its divided differences are those of g with 0 as one more
    /// point.
    /// </summary>
    private sealed record ExponentialIntegralFunction(double T) : MatrixFunction
    {
        private readonly ExponentialFunction _decay = new(-T);

        internal override double Value(double x) => DividedDifference([x]);

        internal override bool IsNear(double low, double high) => _decay.IsNear(low, high);

        private protected override double NextCoefficient(int k, double c) =>
            throw new NotSupportedException("the exponential's coefficients serve");

        internal override double DividedDifference(ReadOnlySpan<double> points)
        {
            Span<double> more = stackalloc double[points.Length + 1];
            points.CopyTo(more);
            more[^1] = 0;
            more.Sort();
            return -_decay.DividedDifference(more);
        }
    }

    /// <summary>The inverse, whose divided differences are (−1)ⁿ/(x₀⋯xₙ).</summary>
    private sealed record InverseFunction : MatrixFunction
    {
        internal override double Value(double x) => 1 / x;

        internal override bool IsNear(double low, double high) => true;

        private protected override double NextCoefficient(int k, double c) => -1 / c;

        internal override double DividedDifference(ReadOnlySpan<double> points)
        {
            double product = -1;
            foreach (double point in points)
            {
                product /= -point;
            }

            return product;
        }
    }

    private sealed record PowerFunction(double Exponent) : MatrixFunction
    {
        internal override double Value(double x) => Math.Pow(x, Exponent);

        internal override double[] Eigenvalues(double[] computed) => WithoutRoundingBelowZero(computed);

        internal override bool IsNear(double low, double high) => IsNearOnPositives(low, high);

        private protected override double NextCoefficient(int k, double c) => (Exponent - k) / ((k + 1) * c);
    }

    private sealed record LogarithmFunction : MatrixFunction
    {
        internal override double Value(double x) => Math.Log(x);

        internal override double[] Eigenvalues(double[] computed) => WithoutRoundingBelowZero(computed);

        internal override bool IsNear(double low, double high) => IsNearOnPositives(low, high);

        private protected override double FirstCoefficient(double c) => 1 / c;

        private protected override double NextCoefficient(int k, double c) => -k / ((k + 1) * c);
    }

    /// <summary>Whether points are near for a function that is singular at 0: the series about the middle converges like 0.3ᵏ.</summary>
    private static bool IsNearOnPositives(double low, double high) => high - low <= 0.3 * (high + low);

    private static double[] WithoutRoundingBelowZero(double[] ascending)
    {
        const double UnitInLastPlace = 2.220446049250313e-16;
        double least = -ascending.Length * UnitInLastPlace * Math.Max(Math.Abs(ascending[0]), Math.Abs(ascending[^1]));
        return [.. ascending.Select(value => value < 0 && value >= least ? 0 : value)];
    }
}
