namespace FewShot.Reporting;

/// <summary>
/// Dots with their intervals, all series of a category on one row. Unlike bars, dots are compared by their places, so the axis covers the
/// values alone and small differences between large values show.
/// </summary>
/// <param name="Title">The title of the chart.</param>
/// <param name="Value">The axis along the rows.</param>
/// <param name="Categories">The names of the rows from top to bottom.</param>
/// <param name="Series">
/// The dots; the first series' numbers stand at the end of the rows, and the legend is left out when there is one.
/// </param>
public sealed record DotChart(string Title, ChartAxis Value, IReadOnlyList<string> Categories, IReadOnlyList<BarSeries> Series)
    : Chart(Title)
{
    private const double RowHeight = 24;

    /// <summary>The format of the number at the end of each row, as of <see cref="double.ToString(string)"/>.</summary>
    /// <value>One or two digits after the point by default: "0.0#".</value>
    public string NumberFormat { get; init; } = "0.0#";

    /// <inheritdoc/>
    public override string ToSvg()
    {
        BarSeries.Check(Series, Categories);
        LegendEntry[] legend =
            Series.Count > 1 ? Series.Select((series, index) => new LegendEntry(series.Name, index, LegendMark.Dot, false)).ToArray() : [];
        IEnumerable<(string Name, double)> extents = Series.SelectMany(series =>
            series
                .Bars.Where(bar => double.IsFinite(bar.Value))
                .SelectMany(bar => new[] { (series.Name, bar.Value - (bar.Half ?? 0)), (series.Name, bar.Value + (bar.Half ?? 0)) })
        );
        var plot = new PlotArea(this, Value, Categories, RowHeight, extents, legend);
        for (int category = 0; category < Categories.Count; category++)
        {
            double middle = plot.Top + ((category + 0.5) * RowHeight);

            // The first series last, so that it lies on top.
            for (int index = Series.Count - 1; index >= 0; index--)
            {
                Draw(plot, Categories[category], Series[index], Series[index].Bars[category], index, middle);
            }
        }

        return plot.ToSvg();
    }

    private void Draw(PlotArea plot, string category, BarSeries series, Bar bar, int index, double middle)
    {
        if (!double.IsFinite(bar.Value))
        {
            return;
        }

        if (bar.Half is { } half)
        {
            plot.Whisker(plot.MapX(bar.Value - half), plot.MapX(bar.Value + half), middle);
        }

        string text = bar.Text(NumberFormat);
        plot.Dot(
            plot.MapX(bar.Value),
            middle,
            5,
            $"s{index % PlotStyle.Colours}",
            $"{category}{(Series.Count > 1 ? $", {series.Name}" : "")}: {text}"
        );
        if (index == 0)
        {
            plot.Svg.Text(plot.Right + 8, middle + 4, "value", text);
        }
    }
}
