namespace FewShot.Reporting;

/// <summary>A line of a <see cref="LineChart"/>. A value that is not finite leaves a gap.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="X">The positions, in rising order.</param>
/// <param name="Y">The values, as many as positions.</param>
public sealed record LineSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The lower edge of the confidence band, as many values as positions; null for no band.</summary>
    public IReadOnlyList<double>? Lower { get; init; }

    /// <summary>The upper edge of the confidence band, as many values as positions; null for no band.</summary>
    public IReadOnlyList<double>? Upper { get; init; }

    /// <summary>Whether to mark the points: wanted for few points, noise for many.</summary>
    /// <value>False by default.</value>
    public bool Markers { get; init; }

    /// <summary>Whether to draw the line dashed, as for a reference.</summary>
    /// <value>False by default.</value>
    public bool Dashed { get; init; }
}

/// <summary>Lines over a common axis, with confidence bands.</summary>
/// <param name="Title">The title of the chart.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">The lines of the chart.</param>
public sealed record LineChart(string Title, ChartAxis X, ChartAxis Y, IReadOnlyList<LineSeries> Series) : Chart(Title)
{
    /// <inheritdoc/>
    public override string ToSvg()
    {
        foreach (LineSeries series in Series)
        {
            Check(series);
        }

        var plot = new PlotArea(
            this,
            X,
            Y,
            Series.SelectMany(series => series.X.Select(value => (series.Name, value))),
            Series.SelectMany(series =>
                series.Y.Concat(series.Lower ?? []).Concat(series.Upper ?? []).Select(value => (series.Name, value))
            ),
            [.. Series.Select((series, index) => new LegendEntry(series.Name, index, LegendMark.Line, series.Dashed))]
        );
        for (int index = 0; index < Series.Count; index++)
        {
            DrawBand(plot, Series[index], index);
        }

        for (int index = 0; index < Series.Count; index++)
        {
            DrawLine(plot, Series[index], index);
        }

        return plot.ToSvg();
    }

    private static void Check(LineSeries series)
    {
        if (
            series.Y.Count != series.X.Count
            || (series.Lower ?? series.Y).Count != series.X.Count
            || (series.Upper ?? series.Y).Count != series.X.Count
        )
        {
            throw new ArgumentException(
                $"series '{series.Name}' has {series.X.Count} positions but {series.Y.Count} values, {series.Lower?.Count ?? 0} lower "
                    + $"and {series.Upper?.Count ?? 0} upper edges"
            );
        }

        if ((series.Lower is null) != (series.Upper is null))
        {
            throw new ArgumentException($"series '{series.Name}' has one edge of a confidence band; give both or none");
        }
    }

    private static void DrawBand(PlotArea plot, LineSeries series, int index)
    {
        if (series.Lower is null || series.Upper is null)
        {
            return;
        }

        foreach (int[] run in Runs(series, i => double.IsFinite(series.Lower[i]) && double.IsFinite(series.Upper[i])))
        {
            IEnumerable<string> edge = run.Select(i => plot.Point(series.X[i], series.Upper[i]))
                .Concat(run.Reverse().Select(i => plot.Point(series.X[i], series.Lower[i])));
            plot.Svg.Element("polygon", ("class", $"band s{index % PlotStyle.Colours}"), ("points", string.Join(' ', edge)));
        }
    }

    private static void DrawLine(PlotArea plot, LineSeries series, int index)
    {
        string colour = $"s{index % PlotStyle.Colours}";
        foreach (int[] run in Runs(series, i => double.IsFinite(series.Y[i])))
        {
            plot.Svg.Element(
                "polyline",
                ("class", $"line {colour}{(series.Dashed ? " dashed" : "")}"),
                ("points", string.Join(' ', run.Select(i => plot.Point(series.X[i], series.Y[i]))))
            );

            // A lone point between gaps has no line to show it.
            foreach (int i in series.Markers || run.Length == 1 ? run : [])
            {
                plot.Marker(series.X[i], series.Y[i], 3.5, colour, $"{series.Name}: {plot.Describe(series.X[i], series.Y[i])}");
            }
        }
    }

    // The stretches of neighbours that can be drawn in one go.
    private static IEnumerable<int[]> Runs(LineSeries series, Func<int, bool> isDrawn)
    {
        var run = new List<int>();
        for (int i = 0; i <= series.X.Count; i++)
        {
            if (i < series.X.Count && double.IsFinite(series.X[i]) && isDrawn(i))
            {
                run.Add(i);
            }
            else if (run.Count > 0)
            {
                yield return [.. run];
                run.Clear();
            }
        }
    }
}
