using FewShot.Compute.Numerics;
using FewShot.Tasks;

namespace FewShot.Data.Glyphs;

/// <summary>
/// The built-in handwriting: characters of invented alphabets, drawn anew for every image at 28×28, ink 1 on 0, so that there is something
/// to learn from before any data set is downloaded. The alphabets of the three splits are disjoint and always the same; image number i of a
/// class is always the same drawing.
/// </summary>
public sealed class GlyphClasses : IImagePool
{
    /// <summary>Rows and columns of every image.</summary>
    public const int Side = 28;

    // Part of what the data set is: another value is another set of alphabets.
    private const ulong AlphabetSeed = 0x676C_7970_6873_0001;

    private static readonly Lazy<GlyphClasses>[] s_splits =
    [
        new(() => new GlyphClasses(Split.Train, alphabets: 60)),
        new(() => new GlyphClasses(Split.Validation, alphabets: 12)),
        new(() => new GlyphClasses(Split.Test, alphabets: 20)),
    ];

    private readonly GlyphCharacter[] _characters;
    private readonly uint _firstStream;

    private GlyphClasses(Split split, int alphabets)
    {
        var made = new List<GlyphCharacter>();
        var taken = new GlyphFingerprints();
        for (int i = 0; i < alphabets; i++)
        {
            var random = new CounterRandom(AlphabetSeed, (uint)split, (ulong)i);
            var alphabet = new GlyphAlphabet($"{TaskErrors.NameOf(split)}-alphabet{i + 1:00}", ref random);
            int count = 18 + random.NextInt32(19);
            made.AddRange(alphabet.Compose(random, count, taken));
        }

        _characters = [.. made];
        _firstStream = ((uint)split + 1) << 24;
    }

    /// <inheritdoc/>
    public int Height => Side;

    /// <inheritdoc/>
    public int Width => Side;

    /// <inheritdoc/>
    public int Channels => 1;

    /// <inheritdoc/>
    public int Count => _characters.Length;

    /// <summary>The characters of a split; made on first use, then shared.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    public static GlyphClasses Of(Split split) => s_splits[(int)split].Value;

    /// <summary>The whole built-in handwriting, with the characters of all three splits.</summary>
    public static ImageDataset Dataset() =>
        new(
            "glyphs",
            "Handwritten characters of invented alphabets, drawn on demand at 28×28; built in.",
            Of(Split.Train),
            Of(Split.Validation),
            Of(Split.Test)
        )
        {
            Preparation = new ImagePreparation(Side, Side, 1, Invert: true, null),
        };

    /// <inheritdoc/>
    public string NameOf(int index) => _characters[index].Name;

    /// <inheritdoc/>
    public string GroupOf(int index) => _characters[index].Alphabet;

    /// <summary>Gives null, for drawings never run out.</summary>
    /// <param name="index">The class, from 0.</param>
    public int? ImagesOf(int index) => null;

    /// <inheritdoc/>
    public void Copy(int index, long image, Span<float> destination)
    {
        var random = new CounterRandom(AlphabetSeed, _firstStream + (uint)index, (ulong)image);
        GlyphDrawer.Draw(_characters[index], ref random, destination, Side);
    }
}
