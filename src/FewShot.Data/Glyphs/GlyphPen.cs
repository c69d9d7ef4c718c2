using System.Numerics;

namespace FewShot.Data.Glyphs;

// Draws paths with a round pen into a gray image, ink 1 on 0. A pixel's ink falls off linearly over one pixel at the edge of the line,
// which is what averaging over the pixel's area gives for a straight edge.
internal static class GlyphPen
{
    // Points of the longest traced stroke: 11 control points with 3 pieces between each pair, and some room.
    public const int MaximumPath = 64;

    private const int PiecesPerSpan = 3;

    // The points of a stroke's path: the control points themselves, or pieces of the Catmull-Rom curve through them.
    public static int Trace(ReadOnlySpan<Vector2> points, bool smooth, Span<Vector2> path)
    {
        if (!smooth || points.Length < 3)
        {
            points.CopyTo(path);
            return points.Length;
        }

        int count = 0;
        path[count++] = points[0];
        for (int i = 0; i + 1 < points.Length; i++)
        {
            Vector2 before = i > 0 ? points[i - 1] : (2 * points[0]) - points[1];
            Vector2 after = i + 2 < points.Length ? points[i + 2] : (2 * points[i + 1]) - points[i];
            for (int piece = 1; piece <= PiecesPerSpan; piece++)
            {
                path[count++] = CatmullRom(before, points[i], points[i + 1], after, piece / (float)PiecesPerSpan);
            }
        }

        return count;
    }

    // Adds the ink of a path in pixel coordinates, where pixel (row, column) covers [column, column + 1) × [row, row + 1).
    public static void Draw(ReadOnlySpan<Vector2> path, float halfWidth, Span<float> image, int height, int width)
    {
        if (path.Length == 1)
        {
            DrawPiece(path[0], path[0], halfWidth, image, height, width);
        }

        for (int i = 1; i < path.Length; i++)
        {
            DrawPiece(path[i - 1], path[i], halfWidth, image, height, width);
        }
    }

    private static void DrawPiece(Vector2 from, Vector2 to, float halfWidth, Span<float> image, int height, int width)
    {
        float reach = halfWidth + 0.5f;
        int top = Math.Max(0, (int)MathF.Floor(Math.Min(from.Y, to.Y) - reach));
        int bottom = Math.Min(height - 1, (int)MathF.Floor(Math.Max(from.Y, to.Y) + reach));
        int left = Math.Max(0, (int)MathF.Floor(Math.Min(from.X, to.X) - reach));
        int right = Math.Min(width - 1, (int)MathF.Floor(Math.Max(from.X, to.X) + reach));
        Vector2 along = to - from;
        float lengthSquared = along.LengthSquared();
        Vector2 unit = lengthSquared > 1e-12f ? along / lengthSquared : Vector2.Zero;
        float reachSquared = reach * reach;
        for (int row = top; row <= bottom; row++)
        {
            float y = row + 0.5f - from.Y;
            Span<float> line = image.Slice(row * width, width);
            for (int column = left; column <= right; column++)
            {
                float x = column + 0.5f - from.X;
                float share = Math.Clamp((x * unit.X) + (y * unit.Y), 0, 1);
                float dx = x - (share * along.X);
                float dy = y - (share * along.Y);
                float distanceSquared = (dx * dx) + (dy * dy);
                if (distanceSquared < reachSquared)
                {
                    float ink = Math.Min(1, reach - MathF.Sqrt(distanceSquared));
                    line[column] = Math.Max(line[column], ink);
                }
            }
        }
    }

    private static Vector2 CatmullRom(Vector2 a, Vector2 b, Vector2 c, Vector2 d, float t) =>
        0.5f * ((2 * b) + ((c - a) * t) + (((2 * a) - (5 * b) + (4 * c) - d) * t * t) + (((3 * b) - a - (3 * c) + d) * t * t * t));
}
