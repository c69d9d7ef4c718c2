using FewShot.Compute.Numerics;
using FewShot.Data.Images;
using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// Pictures of many images at once, to look at what a model is shown. Dark is high: ink is drawn black on white for one channel; colours
/// stay as they are.
/// </summary>
public static class ContactSheet
{
    private const int Gap = 2;

    /// <summary>Lays out the classes of a pool, one row each.</summary>
    /// <param name="pool">The classes of images to show from.</param>
    /// <param name="classes">The classes to show, one row each.</param>
    /// <param name="columns">Images of each class; fewer where the class has fewer.</param>
    public static RasterImage Of(IImagePool pool, IReadOnlyList<int> classes, int columns)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        int size = pool.Height * pool.Width * pool.Channels;
        var rows = new List<float[][]>();
        foreach (int index in classes)
        {
            float[][] row = new float[Math.Min(columns, pool.ImagesOf(index) ?? columns)][];
            for (int i = 0; i < row.Length; i++)
            {
                pool.Copy(index, i, row[i] = new float[size]);
            }

            rows.Add(row);
        }

        return Layout(rows, pool.Height, pool.Width, pool.Channels);
    }

    /// <summary>
    /// Lays out an episode of images: a row for each class, its support images first, then a wider gap, then its query images.
    /// </summary>
    /// <param name="episode">An episode whose inputs are [height, width, channels].</param>
    /// <exception cref="ArgumentException">The inputs are no images of 1 or 3 channels.</exception>
    public static RasterImage Of(Episode episode)
    {
        ArgumentNullException.ThrowIfNull(episode);
        TaskShape shape = episode.Shape;
        if (shape.Kind != TaskKind.Classification || shape.InputShape is not [int height, int width, int channels])
        {
            throw new ArgumentException($"Only episodes of images can be drawn, not of {shape}.", nameof(episode));
        }

        var rows = new List<float[][]>();
        for (int label = 0; label < shape.Ways; label++)
        {
            var row = new List<float[]>();
            for (int i = 0; i < shape.Shots; i++)
            {
                row.Add(episode.SupportInput((label * shape.Shots) + i).ToArray());
            }

            for (int i = 0; i < shape.QueriesPerClass; i++)
            {
                row.Add(episode.QueryInput((label * shape.QueriesPerClass) + i).ToArray());
            }

            rows.Add([.. row]);
        }

        return Layout(rows, height, width, channels, wideGapAfter: shape.Shots);
    }

    /// <summary>Writes a picture of some classes of a split, one row each, as a PNG file.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="data">The data, which must be images.</param>
    /// <param name="split">The split to show.</param>
    /// <param name="classes">How many classes to show, chosen at random by the seed; fewer where the split has fewer.</param>
    /// <param name="columns">Images of each class.</param>
    /// <param name="seed">The seed of the choice.</param>
    /// <exception cref="DataException">The data are no images, or have no such split.</exception>
    public static void Write(string path, SourceData data, Split split, int classes, int columns, ulong seed = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ImageDataset images =
            data.Images ?? throw new DataException("A contact sheet shows images, and this source is not made of images.");
        IImagePool pool = images[split] ?? throw TaskErrors.NoSplit(images.Name, split);
        int[] chosen = new int[Math.Min(classes, pool.Count)];
        var random = new CounterRandom(seed, (uint)split, 0);
        random.Choose(pool.Count, chosen);
        File.WriteAllBytes(path, PngEncoder.Encode(Of(pool, chosen, columns)));
    }

    // All images share one scale from the lowest to the highest number, since normalised images leave [0, 1].
    private static RasterImage Layout(List<float[][]> rows, int height, int width, int channels, int wideGapAfter = int.MaxValue)
    {
        if (channels is not (1 or 3))
        {
            throw new ArgumentException($"Only images of 1 or 3 channels can be drawn, not of {channels}.");
        }

        int columns = rows.Count == 0 ? 1 : Math.Max(1, rows.Max(row => row.Length));
        int extra = columns > wideGapAfter ? 3 * Gap : 0;
        int sheetWidth = Gap + (columns * (width + Gap)) + extra;
        int sheetHeight = Gap + (Math.Max(1, rows.Count) * (height + Gap));
        byte[] pixels = new byte[sheetWidth * sheetHeight * channels];
        pixels.AsSpan().Fill(200);
        float low = float.MaxValue,
            high = float.MinValue;
        foreach (float value in rows.SelectMany(row => row).SelectMany(image => image))
        {
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        float scale = high > low ? 255 / (high - low) : 0;
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < rows[row].Length; column++)
            {
                int top = Gap + (row * (height + Gap));
                int left = Gap + (column * (width + Gap)) + (column >= wideGapAfter ? extra : 0);
                for (int i = 0; i < rows[row][column].Length; i++)
                {
                    int y = i / (width * channels),
                        x = i % (width * channels);
                    int level = (int)(((rows[row][column][i] - low) * scale) + 0.5f);
                    pixels[((top + y) * sheetWidth * channels) + (left * channels) + x] = (byte)(channels == 1 ? 255 - level : level);
                }
            }
        }

        return new RasterImage(sheetHeight, sheetWidth, channels, pixels);
    }
}
