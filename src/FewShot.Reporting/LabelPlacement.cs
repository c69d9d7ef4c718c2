namespace FewShot.Reporting;

/// <summary>Finds places for the labels of points where they cover neither points nor each other, as far as there are any.</summary>
internal sealed class LabelPlacement(double left, double top, double right, double bottom)
{
    private const double Height = 13;
    private const double Gap = 8;
    private const double PointRadius = 6;

    private readonly List<Box> _taken = [];

    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public double Overlap(Box other) =>
            Math.Max(0, Math.Min(Right, other.Right) - Math.Max(Left, other.Left))
            * Math.Max(0, Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top));

        public double Area => (Right - Left) * (Bottom - Top);
    }

    /// <summary>Keeps labels off the point at a position.</summary>
    public void Avoid(double x, double y) => _taken.Add(new Box(x - PointRadius, y - PointRadius, x + PointRadius, y + PointRadius));

    /// <summary>The start of the text's base line for the best place around the point at a position.</summary>
    public (double X, double Y) Place(double x, double y, string label)
    {
        double width = PlotStyle.TextWidth(label, PlotStyle.SmallText);
        Box At(double boxLeft, double boxTop) => new(boxLeft, boxTop, boxLeft + width, boxTop + Height);
        Box[] places =
        [
            At(x + Gap, y - (Height / 2)),
            At(x - Gap - width, y - (Height / 2)),
            At(x - (width / 2), y - Gap - Height),
            At(x - (width / 2), y + Gap),
            At(x + (Gap / 2), y - Gap - Height + 2),
            At(x + (Gap / 2), y + Gap - 2),
            At(x - (Gap / 2) - width, y - Gap - Height + 2),
            At(x - (Gap / 2) - width, y + Gap - 2),
        ];

        // MinBy takes the first of equals, so the order above is the order of preference.
        var frame = new Box(left, top, right, bottom);
        Box best = places.MinBy(place => _taken.Sum(place.Overlap) + (4 * (place.Area - place.Overlap(frame))));
        _taken.Add(best);
        return (best.Left, best.Bottom - 3);
    }
}
