namespace FewShot.Reporting;

/// <summary>A point of a <see cref="ScatterChart"/>.</summary>
/// <param name="X">The horizontal position of the point.</param>
/// <param name="Y">The vertical position of the point.</param>
/// <param name="Label">The text beside it, or null.</param>
public sealed record ScatterPoint(double X, double Y, string? Label = null);

/// <summary>Points of one colour.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Points">The points; those that are not finite are left out.</param>
public sealed record ScatterGroup(string Name, IReadOnlyList<ScatterPoint> Points);

/// <summary>Labelled points, with an optional line along the best trade-offs.</summary>
/// <param name="Title">The title of the chart.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Groups">The points by colour.</param>
public sealed record ScatterChart(string Title, ChartAxis X, ChartAxis Y, IReadOnlyList<ScatterGroup> Groups) : Chart(Title)
{
    /// <summary>The front line's points from left to right; empty for none.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<ScatterPoint> Front { get; init; } = [];

    /// <summary>The front line's name in the legend.</summary>
    /// <value>"front" by default.</value>
    public string FrontName { get; init; } = "front";

    /// <inheritdoc/>
    public override string ToSvg()
    {
        (string, ScatterPoint point)[] all = Groups
            .SelectMany(group => group.Points.Select(point => (group.Name, point)))
            .Concat(Front.Select(point => (FrontName, point)))
            .ToArray();
        LegendEntry[] legend =
        [
            .. Groups
                .Select((group, index) => new LegendEntry(group.Name, index, LegendMark.Dot, false))
                .Where(_ => Groups.Count > 1 || Front.Count > 0),
            .. Front.Count > 0 ? [new LegendEntry(FrontName, LegendEntry.Neutral, LegendMark.Line, true)] : Array.Empty<LegendEntry>(),
        ];
        var plot = new PlotArea(
            this,
            X,
            Y,
            all.Select(pair => (pair.Item1, pair.point.X)),
            all.Select(pair => (pair.Item1, pair.point.Y)),
            legend
        );
        if (Front.Count > 0)
        {
            plot.Svg.Element(
                "polyline",
                ("class", "line neutral dashed"),
                ("points", string.Join(' ', Front.Where(IsFinite).Select(point => plot.Point(point.X, point.Y))))
            );
        }

        var labels = new LabelPlacement(plot.Left, plot.Top, plot.Right, plot.Bottom);
        foreach (ScatterPoint? point in Groups.SelectMany(group => group.Points).Where(IsFinite))
        {
            labels.Avoid(plot.MapX(point.X), plot.MapY(point.Y));
        }

        for (int index = 0; index < Groups.Count; index++)
        {
            foreach (ScatterPoint? point in Groups[index].Points.Where(IsFinite))
            {
                plot.Marker(
                    point.X,
                    point.Y,
                    5,
                    $"s{index % PlotStyle.Colours}",
                    $"{point.Label ?? Groups[index].Name}: {plot.Describe(point.X, point.Y)}"
                );
            }
        }

        // After all markers, so that no marker covers a label.
        foreach (
            ScatterPoint? point in Groups
                .SelectMany(group => group.Points)
                .Where(IsFinite)
                .Where(point => !string.IsNullOrEmpty(point.Label))
        )
        {
            (double x, double y) = labels.Place(plot.MapX(point.X), plot.MapY(point.Y), point.Label!);
            plot.Svg.Text(x, y, "label", point.Label!);
        }

        return plot.ToSvg();
    }

    /// <summary>
    /// The points that no other beats in both directions, from left to right: for <see cref="Front"/> where less of X is better.
    /// </summary>
    /// <param name="points">The points; those that are not finite are left out.</param>
    /// <param name="higher">Whether more of Y is better, and not less.</param>
    public static IReadOnlyList<ScatterPoint> BestTradeOffs(IEnumerable<ScatterPoint> points, bool higher = true)
    {
        ArgumentNullException.ThrowIfNull(points);
        var front = new List<ScatterPoint>();
        foreach (ScatterPoint? point in points.Where(IsFinite).OrderBy(point => point.X).ThenBy(point => higher ? -point.Y : point.Y))
        {
            if (front.Count == 0 || (higher ? point.Y > front[^1].Y : point.Y < front[^1].Y))
            {
                front.Add(point);
            }
        }

        return front;
    }

    private static bool IsFinite(ScatterPoint point) => double.IsFinite(point.X) && double.IsFinite(point.Y);
}
