using System.Globalization;

namespace FewShot.Reporting;

/// <summary>A bar of a <see cref="BarChart"/>.</summary>
/// <param name="Value">The length of the bar; NaN for no bar.</param>
/// <param name="Error">Half the length of the error bar, such as a 95 % interval's; null or NaN for none.</param>
public sealed record Bar(double Value, double? Error = null)
{
    internal double? Half => Error is { } error && double.IsFinite(error) ? Math.Abs(error) : null;

    internal string Text(string? format)
    {
        string number = Value.ToString(format ?? "G5", CultureInfo.InvariantCulture);
        return Half is { } half ? $"{number} ± {half.ToString(format ?? "G3", CultureInfo.InvariantCulture)}" : number;
    }
}

/// <summary>Bars of one colour, one for each category.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Bars">The bars in the order of the categories.</param>
public sealed record BarSeries(string Name, IReadOnlyList<Bar> Bars)
{
    internal static void Check(IReadOnlyList<BarSeries> series, IReadOnlyList<string> categories)
    {
        if (series.FirstOrDefault(series => series.Bars.Count != categories.Count) is { } uneven)
        {
            throw new ArgumentException($"series '{uneven.Name}' has {uneven.Bars.Count} bars for {categories.Count} categories");
        }
    }
}

/// <summary>
/// Horizontal bars, so that long names stay readable, grouped by category and with error bars. On a linear axis bars begin at zero, because
/// their lengths are what is compared; on a logarithmic one they begin at the lower end.
/// </summary>
/// <param name="Title">The title of the chart.</param>
/// <param name="Value">The axis along the bars.</param>
/// <param name="Categories">The names of the groups from top to bottom.</param>
/// <param name="Series">The bars; the legend is left out when there is one series.</param>
public sealed record BarChart(string Title, ChartAxis Value, IReadOnlyList<string> Categories, IReadOnlyList<BarSeries> Series)
    : Chart(Title)
{
    private const double BarHeight = 16;
    private const double GroupGap = 12;

    /// <summary>The format of the number at the end of each bar, as of <see cref="double.ToString(string)"/>; null for none.</summary>
    /// <value>One or two digits after the point by default: "0.0#".</value>
    public string? NumberFormat { get; init; } = "0.0#";

    /// <inheritdoc/>
    public override string ToSvg()
    {
        BarSeries.Check(Series, Categories);
        LegendEntry[] legend =
            Series.Count > 1 ? Series.Select((series, index) => new LegendEntry(series.Name, index, LegendMark.Box, false)).ToArray() : [];
        double groupHeight = (Series.Count * BarHeight) + GroupGap;
        var plot = new PlotArea(this, Value, Categories, groupHeight, Extents(), legend);
        for (int category = 0; category < Categories.Count; category++)
        {
            for (int index = 0; index < Series.Count; index++)
            {
                double top = plot.Top + (category * groupHeight) + (GroupGap / 2) + (index * BarHeight);
                Draw(plot, Categories[category], Series[index], Series[index].Bars[category], index, top);
            }
        }

        return plot.ToSvg();
    }

    // What the axis must cover: the bars, their error bars, and zero.
    private IEnumerable<(string, double)> Extents()
    {
        foreach (BarSeries series in Series)
        {
            foreach (Bar? bar in series.Bars.Where(bar => double.IsFinite(bar.Value)))
            {
                double error = bar.Half ?? 0;
                yield return (series.Name, bar.Value);
                yield return (series.Name, bar.Value + error);

                // An error bar reaching zero or below has no end on a logarithmic axis; it is drawn to the edge.
                if (Value.Scale == AxisScale.Linear || bar.Value - error > 0)
                {
                    yield return (series.Name, bar.Value - error);
                }
            }
        }

        if (Value.Scale == AxisScale.Linear)
        {
            yield return ("zero", 0);
        }
    }

    private void Draw(PlotArea plot, string category, BarSeries series, Bar bar, int index, double top)
    {
        if (!double.IsFinite(bar.Value))
        {
            return;
        }

        double start = Value.Scale == AxisScale.Linear ? plot.MapX(0) : plot.Left;
        double end = plot.MapX(bar.Value);
        double middle = top + ((BarHeight - 2) / 2);
        string text = bar.Text(NumberFormat);
        plot.Svg.Open("g");
        plot.Svg.Titled($"{category}{(Series.Count > 1 ? $", {series.Name}" : "")}: {text}");
        plot.Svg.Element(
            "rect",
            ("class", $"bar s{index % PlotStyle.Colours}"),
            ("x", SvgWriter.Number(Math.Min(start, end))),
            ("y", SvgWriter.Number(top)),
            ("width", SvgWriter.Number(Math.Abs(end - start))),
            ("height", SvgWriter.Number(BarHeight - 2)),
            ("rx", "1.5")
        );
        double textStart = Math.Max(start, end);
        if (bar.Half is { } error)
        {
            double low = Value.Scale == AxisScale.Logarithmic && bar.Value - error <= 0 ? plot.Left : plot.MapX(bar.Value - error);
            double high = plot.MapX(bar.Value + error);
            plot.Whisker(low, high, middle);
            textStart = Math.Max(textStart, high);
        }

        plot.Svg.Close("g");
        if (NumberFormat is not null)
        {
            plot.Svg.Text(textStart + 6, middle + 4, "value", text);
        }
    }
}
