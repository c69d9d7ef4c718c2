using System.Numerics;
using FewShot.Compute.Numerics;

namespace FewShot.Data.Glyphs;

// Draws a character the way a hand would: its own slant, size and pen, and strokes that never land quite where they should.
internal static class GlyphDrawer
{
    public static void Draw(GlyphCharacter character, ref CounterRandom random, Span<float> image, int side)
    {
        image.Clear();
        float size = side * 0.68f * (float)Math.Exp(0.08 * random.NextNormal());
        float stretch = (float)Math.Exp(0.07 * random.NextNormal());
        float slant = (float)(0.12 * random.NextNormal());
        (float sine, float cosine) = MathF.SinCos((float)(0.07 * random.NextNormal()));
        var center = new Vector2((side / 2f) + (float)random.NextNormal(), (side / 2f) + (float)random.NextNormal());
        float pen = side / 28f * (float)random.Uniform(0.6, 1.05);
        Span<Vector2> points = stackalloc Vector2[GlyphPen.MaximumPath];
        Span<Vector2> path = stackalloc Vector2[GlyphPen.MaximumPath];
        foreach (GlyphStroke stroke in character.Strokes)
        {
            Span<Vector2> wobbly = points[..Wobble(stroke, ref random, points)];
            bool smooth = stroke.Smooth || wobbly.Length != stroke.Points.Length;
            for (int i = 0; i < wobbly.Length; i++)
            {
                var slanted = new Vector2((wobbly[i].X - (slant * wobbly[i].Y)) * stretch, wobbly[i].Y / stretch);
                var turned = new Vector2((cosine * slanted.X) - (sine * slanted.Y), (sine * slanted.X) + (cosine * slanted.Y));
                wobbly[i] = center + (size * turned);
            }

            int count = GlyphPen.Trace(wobbly, smooth, path);
            GlyphPen.Draw(path[..count], stroke.Points.Length == 1 ? 1.35f * pen : pen, image, side, side);
        }
    }

    // Moves, turns and stretches a stroke a little as a whole, then each of its points; gives how many points it now has.
    private static int Wobble(GlyphStroke stroke, ref CounterRandom random, Span<Vector2> points)
    {
        Vector2 start = stroke.Start;
        Vector2 offset = Normal(ref random, 0.022f);
        float scale = (float)Math.Exp(0.06 * random.NextNormal());
        (float sine, float cosine) = MathF.SinCos((float)(0.05 * random.NextNormal()));
        int count = stroke.Points.Length;
        for (int i = 0; i < count; i++)
        {
            Vector2 arm = (stroke.Points[i] - start) * scale;
            var turned = new Vector2((cosine * arm.X) - (sine * arm.Y), (sine * arm.X) + (cosine * arm.Y));
            points[i] = start + offset + turned + Normal(ref random, 0.018f);
        }

        if (count == 2)
        {
            // No hand draws a straight line: a third point bows it, and so makes it a curve.
            Vector2 end = points[1];
            Vector2 along = end - points[0];
            points[2] = end;
            points[1] = points[0] + (along / 2) + (new Vector2(-along.Y, along.X) * (float)(0.045 * random.NextNormal()));
            return 3;
        }

        return count;
    }

    private static Vector2 Normal(ref CounterRandom random, float deviation) =>
        new((float)(deviation * random.NextNormal()), (float)(deviation * random.NextNormal()));
}
