using System.Numerics;
using FewShot.Compute.Numerics;

namespace FewShot.Data.Glyphs;

/// <summary>
/// An invented alphabet: a few pen shapes in a few sizes and directions, and rules for putting them together, from which its characters are
/// composed. A character that is hard to tell from one already there is thrown away and composed anew.
/// </summary>
internal sealed class GlyphAlphabet
{
    private const int Attempts = 60;
    private readonly (GlyphShape Shape, Vector2 Extent, bool Flip)[] _motifs;
    private readonly float _aspect;
    private readonly double _symmetry,
        _dots,
        _extraStroke,
        _floating;
    private readonly bool _headline;

    public GlyphAlphabet(string name, ref CounterRandom random)
    {
        Name = name;
        _aspect = (float)random.Uniform(0.7, 1.1);
        double roundness = random.NextDouble();
        _symmetry = random.NextDouble() < 0.25 ? random.Uniform(0.3, 0.7) : 0.04;
        _dots = random.NextDouble() < 0.4 ? random.Uniform(0.15, 0.45) : 0.02;
        _headline = random.NextDouble() < 0.1;
        _extraStroke = random.Uniform(0.25, 0.65);
        _floating = random.Uniform(0.02, 0.2);
        double slope = random.NextDouble() < 0.5 ? 0.1 : 0.5;
        _motifs = new (GlyphShape, Vector2, bool)[6 + random.NextInt32(5)];
        for (int i = 0; i < _motifs.Length; i++)
        {
            // The first motif is a long one, so that every alphabet has something to hang the rest on.
            _motifs[i] = (DrawShape(ref random, roundness), DrawExtent(ref random, slope, large: i == 0), random.NextInt32(2) == 0);
        }
    }

    public string Name { get; }

    /// <summary>Composes characters, each telling itself apart from all in <paramref name="taken"/>, which grows by them.</summary>
    public IEnumerable<GlyphCharacter> Compose(CounterRandom random, int count, GlyphFingerprints taken)
    {
        for (int made = 0, tries = 0; made < count && tries < count * Attempts; tries++)
        {
            if (TryCompose(ref random) is { } strokes && taken.TryAdd(strokes))
            {
                made++;
                yield return new GlyphCharacter($"{Name}/character{made:00}", Name, strokes);
            }
        }
    }

    private static GlyphShape DrawShape(ref CounterRandom random, double roundness)
    {
        ReadOnlySpan<GlyphShape> round =
        [
            GlyphShape.Arc,
            GlyphShape.Arc,
            GlyphShape.Bow,
            GlyphShape.Hook,
            GlyphShape.Wave,
            GlyphShape.Loop,
            GlyphShape.Loop,
            GlyphShape.Curl,
            GlyphShape.Arches,
        ];
        ReadOnlySpan<GlyphShape> angular =
        [
            GlyphShape.Line,
            GlyphShape.Line,
            GlyphShape.Line,
            GlyphShape.Corner,
            GlyphShape.Corner,
            GlyphShape.Zigzag,
            GlyphShape.Hook,
        ];
        double curved = 0.25 + (0.5 * roundness);
        return random.NextDouble() < curved ? round[random.NextInt32(round.Length)] : angular[random.NextInt32(angular.Length)];
    }

    private static Vector2 DrawExtent(ref CounterRandom random, double slope, bool large)
    {
        float length = large
            ? 1
            : random.NextInt32(4) switch
            {
                0 => 1,
                1 => 0.75f,
                2 => 0.55f,
                _ => 0.4f,
            };
        double angle = Math.PI / 2 * random.NextInt32(4);
        if (random.NextDouble() < slope)
        {
            angle += Math.PI / 4;
        }

        return new Vector2((float)Math.Cos(angle), (float)Math.Sin(angle)) * length;
    }

    private GlyphStroke[]? TryCompose(ref CounterRandom random)
    {
        bool symmetric = random.NextDouble() < _symmetry;
        int count = symmetric ? 1 : 2;
        while (count < 5 && random.NextDouble() < _extraStroke)
        {
            count++;
        }

        var strokes = new List<GlyphStroke>();
        while (strokes.Count < count)
        {
            if (TryAttach(ref random, strokes) is not { } stroke)
            {
                return null;
            }

            strokes.Add(stroke);
        }

        if (symmetric)
        {
            // Mirror at the right or left edge, a little beyond it at times, so that halves meet or cross.
            (Vector2 low, Vector2 high) = GlyphGeometry.Bounds(strokes);
            float axis = random.NextInt32(2) == 0 ? low.X : high.X;
            strokes.AddRange([.. strokes.Select(stroke => stroke.Map(point => new Vector2((2 * axis) - point.X, point.Y)))]);
        }

        if (_headline)
        {
            (Vector2 low, Vector2 high) = GlyphGeometry.Bounds(strokes);
            strokes.Add(new GlyphStroke([low with { X = low.X - 0.12f }, new Vector2(high.X + 0.12f, low.Y)], false));
        }

        if (random.NextDouble() < _dots)
        {
            AddDots(ref random, strokes);
        }

        return GlyphGeometry.Fit(strokes, _aspect);
    }

    // A motif joined to the strokes so far by one of its points, without leaving the box or retracing what is there.
    private GlyphStroke? TryAttach(ref CounterRandom random, List<GlyphStroke> strokes)
    {
        for (int attempt = 0; attempt < 12; attempt++)
        {
            (GlyphShape shape, Vector2 extent, bool flip) = _motifs[random.NextInt32(_motifs.Length)];
            if (strokes.Count == 0 && extent.Length() < 0.5f)
            {
                continue;
            }

            GlyphStroke motif = GlyphMotif.Make(ref random, shape, extent, flip ^ (random.NextInt32(4) == 0));
            Vector2 own = PointOf(ref random, motif);
            Vector2 place = default;
            if (strokes.Count > 0)
            {
                place =
                    random.NextDouble() < _floating
                        ? new Vector2((float)random.Uniform(-0.6, 0.6), (float)random.Uniform(-0.6, 0.6)) + strokes[0].Middle
                        : PointOf(ref random, strokes[random.NextInt32(strokes.Count)]);
            }

            GlyphStroke moved = motif.Map(point => point - own + place);
            (Vector2 low, Vector2 high) = GlyphGeometry.Bounds([.. strokes, moved]);
            if (high.X - low.X <= 1.25f && high.Y - low.Y <= 1.35f && !GlyphGeometry.Retraces(moved, strokes))
            {
                return moved;
            }
        }

        return null;
    }

    private static Vector2 PointOf(ref CounterRandom random, GlyphStroke stroke) =>
        random.NextInt32(5) switch
        {
            0 or 1 => stroke.Start,
            2 or 3 => stroke.End,
            _ => stroke.Points.Length == 2 ? (stroke.Start + stroke.End) / 2 : stroke.Middle,
        };

    private static void AddDots(ref CounterRandom random, List<GlyphStroke> strokes)
    {
        (Vector2 low, Vector2 high) = GlyphGeometry.Bounds(strokes);
        Vector2 center = (low + high) / 2;
        Vector2 place = random.NextInt32(4) switch
        {
            0 => new Vector2(center.X, low.Y - 0.24f),
            1 => new Vector2(center.X, high.Y + 0.24f),
            2 => new Vector2(high.X + 0.22f, center.Y),
            _ => center,
        };
        bool pair = random.NextInt32(3) == 0;
        var apart = new Vector2(0.17f, 0);
        foreach (Vector2 dot in pair ? [place - apart, place + apart] : new[] { place })
        {
            var stroke = new GlyphStroke([dot], false);
            if (!GlyphGeometry.Retraces(stroke, strokes))
            {
                strokes.Add(stroke);
            }
        }
    }
}

// A character as its alphabet means it, before anybody draws it: strokes in the box [-0.5, 0.5] × [-0.5, 0.5].
internal sealed record GlyphCharacter(string Name, string Alphabet, GlyphStroke[] Strokes);
