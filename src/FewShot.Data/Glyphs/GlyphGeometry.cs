using System.Numerics;

namespace FewShot.Data.Glyphs;

internal static class GlyphGeometry
{
    // Strokes closer than this, in heights of a character, run into each other when drawn.
    private const float Near = 0.12f;

    public static (Vector2 Low, Vector2 High) Bounds(IReadOnlyList<GlyphStroke> strokes)
    {
        var low = new Vector2(float.MaxValue);
        var high = new Vector2(float.MinValue);
        foreach (GlyphStroke stroke in strokes)
        {
            foreach (Vector2 point in stroke.Points)
            {
                low = Vector2.Min(low, point);
                high = Vector2.Max(high, point);
            }
        }

        return (low, high);
    }

    // Scales to the unit box of the alphabet's proportions around the origin; a flat or narrow character keeps its proportions.
    public static GlyphStroke[] Fit(IReadOnlyList<GlyphStroke> strokes, float aspect)
    {
        (Vector2 low, Vector2 high) = Bounds(strokes);
        Vector2 size = high - low;
        Vector2 center = (low + high) / 2;
        float width = aspect >= 1 ? 1 : aspect;
        float height = aspect >= 1 ? 1 / aspect : 1;
        float scale = 1 / Math.Max(size.X / width, size.Y / height);
        return [.. strokes.Select(stroke => stroke.Map(point => (point - center) * scale))];
    }

    // Whether much of a stroke runs along strokes that are already there, where nobody would see it.
    public static bool Retraces(GlyphStroke stroke, IReadOnlyList<GlyphStroke> others)
    {
        if (others.Count == 0)
        {
            return false;
        }

        Vector2[] path = Trace(stroke);
        Vector2[][] paths = [.. others.Select(Trace)];
        int near = 0,
            samples = 0;
        for (int i = 0; i < path.Length; i++)
        {
            // Long straight lines have points only at their ends, so look in between as well.
            for (int step = 0; step < 4; step++)
            {
                Vector2 point = i + 1 < path.Length ? Vector2.Lerp(path[i], path[i + 1], step / 4f) : path[i];
                samples++;
                near += Array.Exists(paths, other => DistanceSquared(point, other) < Near * Near) ? 1 : 0;
            }
        }

        return near > 0.45f * samples;
    }

    private static Vector2[] Trace(GlyphStroke stroke)
    {
        Span<Vector2> path = stackalloc Vector2[GlyphPen.MaximumPath];
        return path[..GlyphPen.Trace(stroke.Points, stroke.Smooth, path)].ToArray();
    }

    private static float DistanceSquared(Vector2 point, ReadOnlySpan<Vector2> path)
    {
        float nearest = Vector2.DistanceSquared(point, path[0]);
        for (int i = 1; i < path.Length; i++)
        {
            Vector2 along = path[i] - path[i - 1];
            float lengthSquared = along.LengthSquared();
            float share = lengthSquared > 0 ? Math.Clamp(Vector2.Dot(point - path[i - 1], along) / lengthSquared, 0, 1) : 0;
            nearest = Math.Min(nearest, Vector2.DistanceSquared(point, path[i - 1] + (along * share)));
        }

        return nearest;
    }
}
