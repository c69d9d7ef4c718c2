namespace FewShot.Reporting;

/// <summary>The mark before a name in the legend.</summary>
internal enum LegendMark
{
    Line,
    Dot,
    Box,
}

/// <summary>A name in the legend with the look of what it stands for.</summary>
internal sealed record LegendEntry(string Name, int Colour, LegendMark Mark, bool Dashed)
{
    public const int Neutral = -1;

    public string Style => Colour == Neutral ? "neutral" : $"s{Colour % PlotStyle.Colours}";
}

/// <summary>
/// The frame every chart shares: title, legend, axes, grid, and the map from data to pixels. It draws itself when made; the chart then
/// draws its data into <see cref="Svg"/>.
/// </summary>
internal sealed class PlotArea
{
    private const double Margin = 16;
    private const double LegendRow = 20;
    private const double AxisSpace = 46;

    private readonly AxisTicks _x;
    private readonly AxisTicks? _y;

    /// <summary>Frames a chart of two numeric axes.</summary>
    public PlotArea(
        Chart chart,
        ChartAxis horizontal,
        ChartAxis vertical,
        IEnumerable<(string, double)> xValues,
        IEnumerable<(string, double)> yValues,
        IReadOnlyList<LegendEntry> legend
    )
    {
        _y = AxisTicks.Fit(vertical, yValues, Math.Max(2, chart.Height / 65));
        _x = AxisTicks.Fit(horizontal, xValues, Math.Max(2, chart.Width / 90));
        double labelWidth = _y.Ticks.Max(tick => PlotStyle.TextWidth(tick.Label, PlotStyle.SmallText));
        Left = Margin + 20 + labelWidth + 8;
        Right = chart.Width - Margin - 8;
        Begin(chart, chart.Height, legend);
        Bottom = chart.Height - AxisSpace;
        foreach ((double value, string? label) in _y.Ticks)
        {
            Svg.Line("grid", Left, MapY(value), Right, MapY(value));
            Svg.Text(Left - 8, MapY(value) + 4, "tick end", label);
        }

        DrawHorizontalAxis(horizontal, gridLines: false);
        (double centreX, double centreY) = (Margin + 6, (Top + Bottom) / 2);
        Svg.Text(centreX, centreY, "axis-label", vertical.Label, $"rotate(-90 {SvgWriter.Number(centreX)} {SvgWriter.Number(centreY)})");
        DrawEmptyNote(yValues);
    }

    /// <summary>Frames a chart of categories from top to bottom, each of a given height, over one numeric axis.</summary>
    public PlotArea(
        Chart chart,
        ChartAxis horizontal,
        IReadOnlyList<string> categories,
        double categoryHeight,
        IEnumerable<(string, double)> xValues,
        IReadOnlyList<LegendEntry> legend
    )
    {
        _x = AxisTicks.Fit(horizontal, xValues, Math.Max(2, chart.Width / 110));
        Left = Margin + categories.Select(name => PlotStyle.TextWidth(name, PlotStyle.LegendText)).DefaultIfEmpty(0).Max() + 12;
        Right = chart.Width - Margin - 88; // room for the number at the end of the longest bar
        double heightAbove = HeaderHeight(chart, legend);
        Bottom = heightAbove + (categories.Count * categoryHeight);
        Begin(chart, Bottom + AxisSpace, legend);
        DrawHorizontalAxis(horizontal, gridLines: true);
        for (int index = 0; index < categories.Count; index++)
        {
            Svg.Text(Left - 10, Top + ((index + 0.5) * categoryHeight) + 3, "category", categories[index]);
        }

        DrawEmptyNote(xValues);
    }

    public SvgWriter Svg { get; } = new();

    public double Left { get; }

    public double Right { get; }

    public double Top { get; private set; }

    public double Bottom { get; }

    public double MapX(double value) => Left + (_x.Position(value) * (Right - Left));

    public double MapY(double value) => Bottom - (_y!.Position(value) * (Bottom - Top));

    public string Point(double xValue, double yValue) => $"{SvgWriter.Number(MapX(xValue))},{SvgWriter.Number(MapY(yValue))}";

    /// <summary>A position in words, for the text that a resting pointer shows.</summary>
    public string Describe(double xValue, double yValue) => FormattableString.Invariant($"{xValue:G5}, {yValue:G5}");

    public void Marker(double xValue, double yValue, double radius, string style, string description) =>
        Dot(MapX(xValue), MapY(yValue), radius, style, description);

    /// <summary>A marker at a place in pixels.</summary>
    public void Dot(double left, double top, double radius, string style, string description)
    {
        Svg.Open(
            "circle",
            ("class", $"marker {style}"),
            ("cx", SvgWriter.Number(left)),
            ("cy", SvgWriter.Number(top)),
            ("r", SvgWriter.Number(radius))
        );
        Svg.Titled(description);
        Svg.Close("circle");
    }

    /// <summary>An interval along the horizontal axis, in pixels, with its ends marked.</summary>
    public void Whisker(double low, double high, double middle)
    {
        Svg.Line("whisker", low, middle, high, middle);
        Svg.Line("whisker", low, middle - 3, low, middle + 3);
        Svg.Line("whisker", high, middle - 3, high, middle + 3);
    }

    public string ToSvg()
    {
        Svg.Raw("</svg>");
        return Svg.ToString();
    }

    private double HeaderHeight(Chart chart, IReadOnlyList<LegendEntry> legend) =>
        Margin + 22 + (LayOutLegend(chart, legend).Rows * LegendRow) + 10;

    private void Begin(Chart chart, double height, IReadOnlyList<LegendEntry> legend)
    {
        (string? width, string? tall) = (SvgWriter.Number(chart.Width), SvgWriter.Number(height));
        Svg.Open(
            "svg",
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("class", "fs-chart"),
            ("viewBox", $"0 0 {width} {tall}"),
            ("width", width),
            ("height", tall),
            ("role", "img"),
            ("aria-label", chart.Title)
        );
        Svg.Raw($"\n<style>{PlotStyle.Sheet}</style>\n");
        Svg.Element("rect", ("class", "paper"), ("width", width), ("height", tall));
        Svg.Text(Margin, Margin + 14, "heading", chart.Title);
        foreach ((LegendEntry? entry, double column, int row) in LayOutLegend(chart, legend).Places)
        {
            DrawLegend(entry, column, Margin + 22 + 14 + (row * LegendRow));
        }

        Top = HeaderHeight(chart, legend);
    }

    // Names follow each other and start a new row where the chart ends.
    private static (List<(LegendEntry Entry, double X, int Row)> Places, int Rows) LayOutLegend(
        Chart chart,
        IReadOnlyList<LegendEntry> legend
    )
    {
        List<(LegendEntry, double, int)> places = [];
        (double column, int row) = (Margin, 0);
        foreach (LegendEntry entry in legend)
        {
            double width = 28 + PlotStyle.TextWidth(entry.Name, PlotStyle.LegendText) + 14;
            if (column > Margin && column + width > chart.Width - Margin)
            {
                (column, row) = (Margin, row + 1);
            }

            places.Add((entry, column, row));
            column += width;
        }

        return (places, legend.Count == 0 ? 0 : row + 1);
    }

    private void DrawLegend(LegendEntry entry, double left, double baseLine)
    {
        double middle = baseLine - 4;
        switch (entry.Mark)
        {
            case LegendMark.Line:
                Svg.Line($"line {entry.Style}{(entry.Dashed ? " dashed" : "")}", left, middle, left + 20, middle);
                break;
            case LegendMark.Dot:
                Svg.Element(
                    "circle",
                    ("class", $"marker {entry.Style}"),
                    ("cx", SvgWriter.Number(left + 10)),
                    ("cy", SvgWriter.Number(middle)),
                    ("r", "5")
                );
                break;
            default:
                Svg.Element(
                    "rect",
                    ("class", $"bar {entry.Style}"),
                    ("x", SvgWriter.Number(left + 4)),
                    ("y", SvgWriter.Number(middle - 6)),
                    ("width", "12"),
                    ("height", "12"),
                    ("rx", "2")
                );
                break;
        }

        Svg.Text(left + 26, baseLine, "legend", entry.Name);
    }

    private void DrawHorizontalAxis(ChartAxis axis, bool gridLines)
    {
        foreach ((double value, string? label) in _x.Ticks)
        {
            if (gridLines)
            {
                Svg.Line("grid", MapX(value), Top, MapX(value), Bottom);
            }
            else
            {
                Svg.Line("axis", MapX(value), Bottom, MapX(value), Bottom + 4);
            }

            Svg.Text(MapX(value), Bottom + 17, "tick middle", label);
        }

        Svg.Line("axis", Left, Bottom, Right, Bottom);
        Svg.Text((Left + Right) / 2, Bottom + 37, "axis-label", axis.Label);
    }

    private void DrawEmptyNote(IEnumerable<(string, double Value)> values)
    {
        if (!values.Any(pair => double.IsFinite(pair.Value)))
        {
            Svg.Text((Left + Right) / 2, (Top + Bottom) / 2, "axis-label", "no data");
        }
    }
}
