using FewShot.Compute.Numerics;
using FewShot.Data.Glyphs;
using FewShot.Reporting;
using FewShot.Tasks;

namespace FewShot.Cli.Printing;

/// <summary>One task as pictures in the terminal: the support set, and queries with what the adapted learner says of them.</summary>
internal sealed record Gallery(string Alphabet)
{
    private const int Ways = 5;
    private const int QueriesShown = 2;

    private const int Gap = 2;
    private const int Indent = 2;

    /// <summary>Adapts to five characters of one alphabet of the test split and shows it.</summary>
    public static Gallery Draw(Learner learner, ulong seed, Output output)
    {
        GlyphClasses pool = GlyphClasses.Of(Split.Test);
        var random = new CounterRandom(seed, stream: 0x67616c6c, index: 0);
        string alphabet = pool.GroupOf(random.NextInt32(pool.Count));
        int[] members = [.. Enumerable.Range(0, pool.Count).Where(index => pool.GroupOf(index) == alphabet)];
        random.Shuffle<int>(members);
        int[] classes = members[..Ways];
        string[] names = [.. Enumerable.Range(0, Ways).Select(label => ((char)('A' + label)).ToString())];

        float[] support = Images(pool, classes, image: 0);
        using AdaptedModel model = learner.Adapt(support, [.. Enumerable.Range(0, Ways)], names);
        output.Line();
        output.Line($"2. One drawing of each of {Ways} characters of the alphabet '{alphabet}', never seen in training:");
        Print(support, names, output);
        output.Line($"   New drawings of them by other hands, and what the adapted learner takes them for:");
        float[] queries = [.. Enumerable.Range(1, QueriesShown).SelectMany(image => Images(pool, classes, image))];
        float[] probabilities = model.Predict(queries);
        for (int row = 0; row < QueriesShown; row++)
        {
            int size = Ways * GlyphClasses.Side * GlyphClasses.Side;
            string[] captions =
            [
                .. Enumerable
                    .Range(0, Ways)
                    .Select(label => Caption(names, label, probabilities.AsSpan(((row * Ways) + label) * Ways, Ways))),
            ];
            Print(queries.AsSpan(row * size, size), captions, output);
        }

        return new Gallery(alphabet);
    }

    private static string Caption(string[] names, int truth, ReadOnlySpan<float> probabilities)
    {
        int answer = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(probabilities);
        return $"{names[answer]} {100 * probabilities[answer]:0} % {(answer == truth ? "✓" : $"✗ is {names[truth]}")}";
    }

    private static float[] Images(GlyphClasses pool, int[] classes, int image)
    {
        int size = pool.Height * pool.Width;
        float[] images = new float[classes.Length * size];
        for (int i = 0; i < classes.Length; i++)
        {
            pool.Copy(classes[i], image, images.AsSpan(i * size, size));
        }

        return images;
    }

    private static void Print(ReadOnlySpan<float> images, string[] captions, Output output)
    {
        const int size = GlyphClasses.Side * GlyphClasses.Side;
        int columns = Math.Clamp(((output.Width - Indent + Gap) / captions.Length) - Gap, 10, GlyphClasses.Side);
        var blocks = new List<IReadOnlyList<string>>();
        for (int i = 0; i < captions.Length; i++)
        {
            blocks.Add(
                TerminalImage.Caption(
                    TerminalImage.Render(images.Slice(i * size, size), GlyphClasses.Side, GlyphClasses.Side, columns, output.Color),
                    captions[i]
                )
            );
        }

        foreach (string line in TerminalImage.SideBySide(blocks, Gap))
        {
            output.Drawing(new string(' ', Indent) + line);
        }
    }
}
