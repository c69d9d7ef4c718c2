using System.Globalization;

namespace FewShot.Reporting;

/// <summary>An axis fitted to its data: the range it covers and the round numbers marked on it.</summary>
internal sealed class AxisTicks
{
    private readonly bool _logarithmic;

    private AxisTicks(bool logarithmic, double minimum, double maximum, IReadOnlyList<(double Value, string Label)> ticks)
    {
        this._logarithmic = logarithmic;
        Minimum = minimum;
        Maximum = maximum;
        Ticks = ticks;
    }

    public double Minimum { get; }

    public double Maximum { get; }

    public IReadOnlyList<(double Value, string Label)> Ticks { get; }

    /// <summary>Fits an axis to named values with about <paramref name="wanted"/> ticks. Values that are not finite do not count.</summary>
    public static AxisTicks Fit(ChartAxis axis, IEnumerable<(string Series, double Value)> values, int wanted)
    {
        var finite = values.Where(pair => double.IsFinite(pair.Value)).ToList();
        if (axis.Minimum is { } minimum)
        {
            finite.Add(("the axis's minimum", minimum));
        }

        if (axis.Maximum is { } maximum)
        {
            finite.Add(("the axis's maximum", maximum));
        }

        bool isLogarithmic = axis.Scale == AxisScale.Logarithmic;
        if (isLogarithmic && finite.FirstOrDefault(pair => pair.Value <= 0) is { Series: not null } bad)
        {
            throw new ArgumentException(
                $"the logarithmic axis '{axis.Label}' was given {bad.Value.ToString(CultureInfo.InvariantCulture)} by '{bad.Series}'; "
                    + "it needs positive numbers"
            );
        }

        if (finite.Count == 0)
        {
            finite.Add(("nothing", 1));
        }

        double low = finite.Min(pair => pair.Value);
        double high = finite.Max(pair => pair.Value);
        return isLogarithmic ? Logarithmic(low, high, wanted) : Linear(low, high, wanted);
    }

    /// <summary>The place of <paramref name="value"/> between the ends, from 0 to 1.</summary>
    public double Position(double value) =>
        _logarithmic
            ? (Math.Log10(value) - Math.Log10(Minimum)) / (Math.Log10(Maximum) - Math.Log10(Minimum))
            : (value - Minimum) / (Maximum - Minimum);

    // Steps of 1, 2 or 5 times a power of ten; both ends are ticks.
    private static AxisTicks Linear(double low, double high, int wanted)
    {
        // A range lost in rounding has no distinct ticks; show the value in the middle of a range of its own size.
        if (high - low <= 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)))
        {
            double margin = high == 0 ? 1 : Math.Abs(high) * 0.1;
            (low, high) = (low - margin, high + margin);
        }

        double step = RoundStep((high - low) / wanted);
        double first = Math.Floor((low / step) + 1e-9);
        double last = Math.Ceiling((high / step) - 1e-9);
        int decimals = (int)Math.Max(0, -Math.Floor(Math.Log10(step) + 1e-9));
        List<(double, string)> ticks = [];
        for (double index = first; index <= last; index++)
        {
            ticks.Add((index * step, Label(index * step, decimals)));
        }

        return new AxisTicks(false, first * step, last * step, ticks);
    }

    // Powers of ten; over a short range also 2 and 5 times them, over a long one only every second or third.
    private static AxisTicks Logarithmic(double low, double high, int wanted)
    {
        int firstDecade = (int)Math.Floor(Math.Log10(low) + 1e-9);
        int lastDecade = (int)Math.Ceiling(Math.Log10(high) - 1e-9);
        int decades = Math.Max(1, lastDecade - firstDecade);
        double[] digits = Math.Log10(high / low) * 3 <= 1.6 * wanted ? [1, 2, 5] : [1];
        int every = Math.Max(1, (int)Math.Ceiling((double)decades / wanted));
        double[] candidates = Enumerable
            .Range(firstDecade, decades + 1)
            .Where(decade => (decade - firstDecade) % every == 0)
            .SelectMany(decade => digits.Select(digit => Math.Pow(10, decade) * digit))
            .Append(Math.Pow(10, firstDecade + decades))
            .Distinct()
            .ToArray();

        // The ends are the nearest ticks around the data, so that little of the chart stays empty.
        double minimum = candidates.Where(tick => tick <= low * (1 + 1e-9)).DefaultIfEmpty(candidates[0]).Max();
        double maximum = candidates
            .Where(tick => tick >= high * (1 - 1e-9) && tick > minimum)
            .DefaultIfEmpty(Math.Pow(10, firstDecade + decades))
            .Min();
        return new AxisTicks(
            true,
            minimum,
            maximum,
            [.. candidates.Where(tick => tick >= minimum && tick <= maximum).Select(tick => (tick, PowerLabel(tick)))]
        );
    }

    private static double RoundStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power
            * (
                (rough / power) switch
                {
                    <= 1.000001 => 1,
                    <= 2.000001 => 2,
                    <= 5.000001 => 5,
                    _ => 10,
                }
            );
    }

    private static string Label(double value, int decimals)
    {
        double magnitude = Math.Abs(value);
        return magnitude switch
        {
            0 => "0",
            >= 1e15 or < 1e-5 => value.ToString("0.###e0", CultureInfo.InvariantCulture).Replace('-', '−'),
            >= 1e9 => Text(value / 1e9, "0.###") + "G",
            >= 1e6 => Text(value / 1e6, "0.###") + "M",
            >= 1e4 => Text(value / 1e3, "0.###") + "k",
            _ => Text(value, decimals == 0 ? "0" : "0." + new string('0', Math.Min(decimals, 8))),
        };
    }

    private static string PowerLabel(double value)
    {
        if (value is >= 1e-4 and < 1e15)
        {
            return Label(value, Math.Clamp((int)-Math.Floor(Math.Log10(value) + 1e-9), 0, 8));
        }

        int exponent = (int)Math.Floor(Math.Log10(value) + 1e-9);
        double digit = Math.Round(value / Math.Pow(10, exponent));
        string raised = string.Concat(
            exponent.ToString(CultureInfo.InvariantCulture).Select(character => character == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[character - '0'])
        );
        return (digit == 1 ? "10" : $"{digit}·10") + raised;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture).Replace('-', '−');
}
