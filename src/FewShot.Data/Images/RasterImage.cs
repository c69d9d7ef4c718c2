using System.Numerics.Tensors;

namespace FewShot.Data.Images;

/// <summary>An image of 8-bit samples in row-major height, width, channel order; 1 channel is gray, 3 are red, green, blue.</summary>
public sealed class RasterImage
{
    /// <summary>Wraps samples without copying them.</summary>
    /// <param name="height">The number of rows.</param>
    /// <param name="width">The number of columns.</param>
    /// <param name="channels">The number of channels: 1 or 3.</param>
    /// <param name="pixels">The samples, height × width × channels of them.</param>
    public RasterImage(int height, int width, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(channels), channels, "An image has 1 channel (gray) or 3 (red, green, blue).");
        }

        if (pixels.Length != (long)height * width * channels)
        {
            throw new ArgumentException($"{height}×{width}×{channels} samples are needed, not {pixels.Length}.", nameof(pixels));
        }

        Height = height;
        Width = width;
        Channels = channels;
        Pixels = pixels;
    }

    /// <summary>The number of rows.</summary>
    public int Height { get; }

    /// <summary>The number of columns.</summary>
    public int Width { get; }

    /// <summary>The number of channels: 1 for gray, 3 for red, green, blue.</summary>
    public int Channels { get; }

    /// <summary>The samples, row-major height, width, channel.</summary>
    public byte[] Pixels { get; }

    /// <summary>Converts to gray (ITU-R BT.601 luma) or to three equal channels; gives this image where nothing changes.</summary>
    /// <param name="channels">The number of channels: 1 or 3.</param>
    public RasterImage WithChannels(int channels)
    {
        if (channels == Channels)
        {
            return this;
        }

        byte[] converted = new byte[Height * Width * channels];
        if (channels == 3)
        {
            for (int i = 0; i < converted.Length; i++)
            {
                converted[i] = Pixels[i / 3];
            }
        }
        else
        {
            for (int i = 0; i < converted.Length; i++)
            {
                int luma = (299 * Pixels[3 * i]) + (587 * Pixels[(3 * i) + 1]) + (114 * Pixels[(3 * i) + 2]);
                converted[i] = (byte)((luma + 500) / 1000);
            }
        }

        return new RasterImage(Height, Width, channels, converted);
    }

    /// <summary>
    /// Resizes by area averaging: every new pixel is the mean of the old ones it covers, weighted by the covered area. Exact for any ratio,
    /// up or down.
    /// </summary>
    /// <param name="height">The new number of rows.</param>
    /// <param name="width">The new number of columns.</param>
    public RasterImage Resize(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (height == Height && width == Width)
        {
            return this;
        }

        // Rows first, whole lines at a time, then columns: the area of a rectangle is the product of its sides.
        int lineLength = Width * Channels;
        float[] samples = new float[Pixels.Length];
        TensorPrimitives.ConvertTruncating<byte, float>(Pixels, samples);
        float[] flattened = new float[height * lineLength];
        foreach ((int from, int to, float weight) in Overlaps(Height, height))
        {
            Span<float> line = flattened.AsSpan(to * lineLength, lineLength);
            TensorPrimitives.MultiplyAdd(samples.AsSpan(from * lineLength, lineLength), weight, line, line);
        }

        float[] sums = new float[height * width * Channels];
        foreach ((int from, int to, float weight) in Overlaps(Width, width))
        {
            for (int row = 0; row < height; row++)
            {
                for (int channel = 0; channel < Channels; channel++)
                {
                    sums[(((row * width) + to) * Channels) + channel] +=
                        weight * flattened[(row * lineLength) + (from * Channels) + channel];
                }
            }
        }

        byte[] resized = new byte[sums.Length];
        for (int i = 0; i < sums.Length; i++)
        {
            resized[i] = (byte)Math.Clamp((int)(sums[i] + 0.5f), 0, 255);
        }

        return new RasterImage(height, width, Channels, resized);
    }

    // Which old cells each new cell covers along one axis, and by which share of the new cell.
    private static IEnumerable<(int From, int To, float Weight)> Overlaps(int oldSize, int newSize)
    {
        // In units of 1 / (oldSize · newSize) of the axis all edges are whole numbers, so no share is lost to rounding.
        for (int to = 0; to < newSize; to++)
        {
            long begin = (long)to * oldSize;
            long end = begin + oldSize;
            for (long from = begin / newSize; from * newSize < end; from++)
            {
                long overlap = Math.Min(end, (from + 1) * newSize) - Math.Max(begin, from * newSize);
                yield return ((int)from, to, (float)overlap / oldSize);
            }
        }
    }
}
