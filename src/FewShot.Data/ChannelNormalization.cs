namespace FewShot.Data;

/// <summary>The mean to subtract from and the scale to divide each channel by, for samples in [0, 1].</summary>
/// <param name="Mean">One mean for each channel.</param>
/// <param name="Scale">One scale for each channel; not 0.</param>
public sealed record ChannelNormalization(IReadOnlyList<double> Mean, IReadOnlyList<double> Scale)
{
    /// <summary>The normalisation that leaves samples in [0, 1].</summary>
    /// <param name="channels">How many channels an image has.</param>
    public static ChannelNormalization None(int channels) => new(new double[channels], [.. Enumerable.Repeat(1.0, channels)]);

    /// <summary>
    /// The mean and standard deviation of each channel over all images of some classes; a channel that never varies is only centred.
    /// </summary>
    /// <param name="classes">The classes, those of the training split as a rule.</param>
    /// <param name="channels">How many channels an image has.</param>
    public static ChannelNormalization Of(IEnumerable<ImageClass> classes, int channels)
    {
        ArgumentNullException.ThrowIfNull(classes);
        long[] sum = new long[channels];
        long[] squares = new long[channels];
        long count = 0;
        foreach (ImageClass item in classes)
        {
            ReadOnlySpan<byte> pixels = item.Pixels.Span;
            for (int i = 0; i < pixels.Length; i += channels)
            {
                for (int channel = 0; channel < channels; channel++)
                {
                    int value = pixels[i + channel];
                    sum[channel] += value;
                    squares[channel] += value * value;
                }
            }

            count += pixels.Length / channels;
        }

        double[] mean = new double[channels];
        double[] scale = new double[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            double average = (double)sum[channel] / Math.Max(1, count);
            double variance = ((double)squares[channel] / Math.Max(1, count)) - (average * average);
            mean[channel] = average / 255;
            scale[channel] = variance > 1e-9 ? Math.Sqrt(variance) / 255 : 1;
        }

        return new ChannelNormalization(mean, scale);
    }
}
