namespace FewShot.Compute.Kernels;

/// <summary>
/// Weights copied into the order the gather loops read: [input channel block][output channel block][tap][input channel][vectors],
/// lanes past the last output channel zero.
/// </summary>
internal static unsafe class WeightPacking
{
    public static void Pack(
        float* weights,
        float* packed,
        int taps,
        int inputChannels,
        int channelsPerBlock,
        int outputChannels,
        ChannelBlock[] blocks
    )
    {
        for (int first = 0; first < inputChannels; first += channelsPerBlock)
        {
            int channels = Math.Min(channelsPerBlock, inputChannels - first);
            foreach (ChannelBlock block in blocks)
            {
                for (int tap = 0; tap < taps; tap++)
                {
                    Panel.CopyIn(
                        weights + (nint)(tap * inputChannels + first) * outputChannels + block.First,
                        outputChannels,
                        packed,
                        block.Width,
                        block.Channels,
                        channels
                    );
                    packed += (nint)channels * block.Width;
                }
            }
        }
    }
}
