using System.Numerics;

namespace FewShot.Data.Glyphs;

// One stroke of the pen: control points joined by straight lines, or by a smooth curve through them. A single point is a dot. y grows
// downwards.
internal sealed record GlyphStroke(Vector2[] Points, bool Smooth)
{
    public Vector2 Start => Points[0];

    public Vector2 End => Points[^1];

    public Vector2 Middle => Points[Points.Length / 2];

    public GlyphStroke Map(Func<Vector2, Vector2> map) => new([.. Points.Select(map)], Smooth);
}
