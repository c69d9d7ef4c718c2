using System.Numerics;
using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Data.Glyphs;

// What characters look like from afar, to refuse one that could be taken for another or that is a mere blot.
internal sealed class GlyphFingerprints
{
    private const int Side = 16;
    private const float Scale = Side - 4;
    private const float TooAlike = 0.83f;
    private const float TooFull = 0.56f;
    private readonly List<float[]> _taken = [];

    public bool TryAdd(GlyphStroke[] strokes)
    {
        float[] print = Draw(strokes, 0.7f);
        (Vector2 low, Vector2 high) = GlyphGeometry.Bounds(strokes);
        Vector2 box = Vector2.Max(high - low, new Vector2(0.5f)) * Scale;
        if (Reductions.Sum(print) > TooFull * box.X * box.Y)
        {
            return false;
        }

        print = Of(strokes);
        foreach (float[] other in _taken)
        {
            if (Reductions.Dot(print, other) > TooAlike)
            {
                return false;
            }
        }

        _taken.Add(print);
        return true;
    }

    // Drawn with a broad pen, centred, of unit length: a dot product of 1 is the same character.
    private static float[] Of(GlyphStroke[] strokes)
    {
        float[] image = Draw(strokes, 0.9f);
        TensorPrimitives.Subtract(image, (float)(Reductions.Sum(image) / image.Length), image);
        TensorPrimitives.Divide(image, (float)Reductions.Norm(image), image);
        return image;
    }

    private static float[] Draw(GlyphStroke[] strokes, float pen)
    {
        float[] image = new float[Side * Side];
        Span<Vector2> path = stackalloc Vector2[GlyphPen.MaximumPath];
        foreach (GlyphStroke stroke in strokes)
        {
            int count = GlyphPen.Trace(stroke.Points, stroke.Smooth, path);
            for (int i = 0; i < count; i++)
            {
                path[i] = (path[i] * Scale) + new Vector2(Side / 2f);
            }

            GlyphPen.Draw(path[..count], pen, image, Side, Side);
        }

        return image;
    }
}
