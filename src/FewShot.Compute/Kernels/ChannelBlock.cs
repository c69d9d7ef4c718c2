namespace FewShot.Compute.Kernels;

/// <summary>Output channels cut into blocks of vectors; the last block may reach past the last channel.</summary>
internal readonly unsafe record struct ChannelBlock(int First, int Channels, int Vectors, int Width)
{
    /// <summary>Whether the block's vectors hold more lanes than it has channels.</summary>
    public bool Partial => Channels < Width;

    /// <summary>
    /// The block's channels of some pixels without gaps: copied into a panel, or in place where the block is all the channels there are.
    /// </summary>
    public float* Panel(float* pixels, int channels, float* panel, int count)
    {
        if (Width == channels)
        {
            return pixels;
        }

        Kernels.Panel.CopyIn(pixels + First, channels, panel, Width, Channels, count);
        return panel;
    }

    public static ChannelBlock[] Cut(int channels, SimdLevel level, int blockVectors)
    {
        int floats = level.Floats();
        var blocks = new List<ChannelBlock>();
        for (int first = 0; first < channels; )
        {
            int vectors = Math.Min(blockVectors, (channels - first + floats - 1) / floats);
            if (vectors == 3)
            {
                vectors = (channels - first) % floats == 0 ? 2 : 4;
            }

            int width = vectors * floats;
            blocks.Add(new ChannelBlock(first, Math.Min(width, channels - first), vectors, width));
            first += width;
        }

        return [.. blocks];
    }
}
