using System.Buffers.Binary;

namespace FewShot.Tasks.Data;

// Turns the stored samples of one pixel into 8-bit gray or colour over white.
internal ref struct PngPixels
{
    private readonly PngHeader header;
    private readonly ReadOnlySpan<byte> palette;
    private readonly ReadOnlySpan<byte> transparency;
    private readonly string name;
    private readonly int maximum;

    public PngPixels(PngHeader header, ReadOnlySpan<byte> palette, ReadOnlySpan<byte> transparency, string name)
    {
        this.header = header;
        this.palette = palette;
        this.name = name;
        maximum = (1 << header.BitDepth) - 1;
        bool usesTransparency = header.ColorType switch
        {
            PngHeader.Gray => transparency.Length == 2,
            PngHeader.Color => transparency.Length == 6,
            PngHeader.Palette => transparency.Length > 0,
            _ => false,
        };
        this.transparency = usesTransparency ? transparency : default;
        if (header.ColorType == PngHeader.Palette && (palette.Length == 0 || palette.Length % 3 != 0))
        {
            throw PngDecoder.Damaged(name, "has no usable palette");
        }

        Channels = header.ColorType is PngHeader.Gray or PngHeader.GrayAlpha ? 1 : 3;
        Samples = new byte[(long)header.Height * header.Width * Channels];
    }

    public int Channels { get; }

    public byte[] Samples { get; }

    // The common cases a whole row at a time: opaque 8-bit samples as they are, and opaque gray of fewer bits. False leaves the row to Set.
    public readonly bool TrySetRow(PngPass pass, int row, ReadOnlySpan<byte> line)
    {
        if (header.Interlaced || transparency.Length > 0 || header.ColorType is not (PngHeader.Gray or PngHeader.Color) || header.BitDepth > 8)
        {
            return false;
        }

        Span<byte> target = Samples.AsSpan(row * pass.Width * Channels, pass.Width * Channels);
        if (header.BitDepth == 8)
        {
            line.CopyTo(target);
            return true;
        }

        int depth = header.BitDepth, perByte = 8 / depth, level = 255 / maximum;
        for (int column = 0; column < target.Length; column++)
        {
            int shift = 8 - (depth * ((column % perByte) + 1));
            target[column] = (byte)(((line[column / perByte] >> shift) & maximum) * level);
        }

        return true;
    }

    public readonly void Set(int row, int column, ReadOnlySpan<byte> line, int index)
    {
        Span<byte> target = Samples.AsSpan(((row * header.Width) + column) * Channels, Channels);
        if (header.ColorType == PngHeader.Palette)
        {
            int entry = Sample(line, index);
            if (3 * entry >= palette.Length)
            {
                throw PngDecoder.Damaged(name, $"uses palette entry {entry} of {palette.Length / 3}");
            }

            int alpha = entry < transparency.Length ? transparency[entry] : 255;
            for (int channel = 0; channel < 3; channel++)
            {
                target[channel] = OverWhite(palette[(3 * entry) + channel], alpha, 255);
            }

            return;
        }

        int first = index * header.SamplesPerPixel;
        bool masked = transparency.Length > 0;
        for (int channel = 0; channel < Channels; channel++)
        {
            masked = masked && Sample(line, first + channel) == BinaryPrimitives.ReadUInt16BigEndian(transparency[(2 * channel)..]);
        }

        int opacity = masked ? 0 : header.SamplesPerPixel > Channels ? Sample(line, first + Channels) : maximum;
        for (int channel = 0; channel < Channels; channel++)
        {
            target[channel] = OverWhite(Sample(line, first + channel), opacity, maximum);
        }
    }

    // Rounded once, from the full precision of the samples.
    private static byte OverWhite(long value, long alpha, long maximum)
    {
        long square = maximum * maximum;
        return (byte)(((255 * ((value * alpha) + (maximum * (maximum - alpha)))) + (square / 2)) / square);
    }

    private readonly int Sample(ReadOnlySpan<byte> line, int index)
    {
        switch (header.BitDepth)
        {
            case 8:
                return line[index];
            case 16:
                return BinaryPrimitives.ReadUInt16BigEndian(line[(2 * index)..]);
            default:
                int bit = index * header.BitDepth;
                return (line[bit / 8] >> (8 - header.BitDepth - (bit % 8))) & maximum;
        }
    }
}
