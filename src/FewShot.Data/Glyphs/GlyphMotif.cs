using System.Numerics;
using FewShot.Compute.Numerics;

namespace FewShot.Data.Glyphs;

// The shapes that handwriting is made of. An alphabet picks a few of them, in a few sizes and directions, and builds all its characters
// from these.
internal enum GlyphShape
{
    Line,
    Arc,
    Bow,
    Hook,
    Wave,
    Corner,
    Zigzag,
    Loop,
    Curl,
    Arches,
}

internal static class GlyphMotif
{
    // A shape from (0, 0) with unit extent along +x before it is turned and scaled.
    public static GlyphStroke Make(ref CounterRandom random, GlyphShape shape, Vector2 extent, bool flip)
    {
        float side = flip ? -1 : 1;
        (Vector2[] points, bool smooth) = shape switch
        {
            GlyphShape.Line => (Path((0, 0), (1, 0)), false),
            GlyphShape.Arc => (ArcPoints(0.5f, 5), true),
            GlyphShape.Bow => (ArcPoints(0.22f, 4), true),
            GlyphShape.Hook => (Path((0, 0), (0.45f, 0), (0.8f, 0), (0.97f, 0.13f), (0.92f, 0.34f), (0.7f, 0.42f)), true),
            GlyphShape.Wave => (Path((0, 0), (0.16f, 0.22f), (0.36f, 0.2f), (0.5f, 0), (0.64f, -0.2f), (0.84f, -0.22f), (1, 0)), true),
            GlyphShape.Corner => (Path((0, 0), (1, 0), (1, random.NextInt32(2) == 0 ? 0.55f : 0.9f)), false),
            GlyphShape.Zigzag => (Path((0, 0), (0.62f, 0.5f), (0.38f, -0.2f), (1, 0.3f)), false),
            GlyphShape.Loop => (LoopPoints(0.36f), true),
            GlyphShape.Curl => (CurlPoints(), true),
            _ => (
                Path(
                    (0, 0),
                    (0.06f, 0.3f),
                    (0.25f, 0.4f),
                    (0.44f, 0.3f),
                    (0.5f, 0.04f),
                    (0.56f, 0.3f),
                    (0.75f, 0.4f),
                    (0.94f, 0.3f),
                    (1, 0)
                ),
                true
            ),
        };

        // Turn +x onto the extent and scale by its length.
        Vector2 across = new Vector2(-extent.Y, extent.X) * side;
        return new GlyphStroke([.. points.Select(point => (extent * point.X) + (across * point.Y))], smooth);
    }

    private static Vector2[] Path(params ReadOnlySpan<(float X, float Y)> points)
    {
        var path = new Vector2[points.Length];
        for (int i = 0; i < path.Length; i++)
        {
            path[i] = new Vector2(points[i].X, points[i].Y);
        }

        return path;
    }

    // Half an ellipse over the chord from (0, 0) to (1, 0).
    private static Vector2[] ArcPoints(float height, int spans)
    {
        var points = new Vector2[spans + 1];
        for (int i = 0; i <= spans; i++)
        {
            (float sine, float cosine) = MathF.SinCos(MathF.PI * i / spans);
            points[i] = new Vector2(0.5f - (0.5f * cosine), height * sine);
        }

        return points;
    }

    // A closed ellipse that begins and ends at (0, 0).
    private static Vector2[] LoopPoints(float halfHeight)
    {
        var points = new Vector2[9];
        for (int i = 0; i < points.Length; i++)
        {
            (float sine, float cosine) = MathF.SinCos(2 * MathF.PI * i / 8);
            points[i] = new Vector2(0.5f - (0.5f * cosine), halfHeight * sine);
        }

        return points;
    }

    // A turn and a half inwards.
    private static Vector2[] CurlPoints()
    {
        var points = new Vector2[11];
        for (int i = 0; i < points.Length; i++)
        {
            float along = i / 10f;
            (float sine, float cosine) = MathF.SinCos(3 * MathF.PI * along);
            float radius = 0.5f - (0.36f * along);
            points[i] = new Vector2(0.5f - (radius * cosine), radius * sine);
        }

        return points;
    }
}
