using System.Buffers.Binary;

namespace FewShot.Tasks.Data;

// Windows bitmaps without compression: 1, 4 and 8 bits with a palette, 24 and 32 bits of colour.
internal static class BmpDecoder
{
    public static bool Matches(ReadOnlySpan<byte> file) => file.StartsWith("BM"u8);

    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        if (file.Length < 54)
        {
            throw PngDecoder.Damaged(name, "ends inside its header");
        }

        int dataOffset = BinaryPrimitives.ReadInt32LittleEndian(file[10..]);
        int headerSize = BinaryPrimitives.ReadInt32LittleEndian(file[14..]);
        int width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        int storedHeight = BinaryPrimitives.ReadInt32LittleEndian(file[22..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[28..]);
        int compression = BinaryPrimitives.ReadInt32LittleEndian(file[30..]);
        int colors = BinaryPrimitives.ReadInt32LittleEndian(file[46..]);
        long height = Math.Abs((long)storedHeight);
        if (headerSize < 40 || headerSize > file.Length - 14 || width < 1 || height < 1 || width * height > 1 << 28 || bits is not (1 or 4 or 8 or 24 or 32))
        {
            throw PngDecoder.Damaged(name, $"has an invalid bitmap header ({width}×{storedHeight}, {bits} bits)");
        }

        if (compression != 0)
        {
            throw PngDecoder.Damaged(name, $"is a compressed bitmap (method {compression}), which is not supported");
        }

        int paletteOffset = 14 + headerSize;
        int paletteLength = bits > 8 ? 0 : colors == 0 ? 1 << bits : colors;
        long rowBytes = ((((long)width * bits) + 31) / 32) * 4;
        if (paletteLength is < 0 or > 256 || paletteOffset + (4 * paletteLength) > file.Length || dataOffset < paletteOffset || dataOffset + (rowBytes * height) > file.Length)
        {
            throw PngDecoder.Damaged(name, "ends before its last pixel");
        }

        var pixels = new byte[width * height * 3];
        for (int row = 0; row < height; row++)
        {
            // Rows are stored bottom-up unless the height is negative.
            long stored = storedHeight > 0 ? height - 1 - row : row;
            ReadOnlySpan<byte> line = file.Slice((int)(dataOffset + (stored * rowBytes)), (int)rowBytes);
            for (int column = 0; column < width; column++)
            {
                ReadOnlySpan<byte> color;
                if (bits <= 8)
                {
                    int bit = column * bits;
                    int entry = (line[bit / 8] >> (8 - bits - (bit % 8))) & ((1 << bits) - 1);
                    if (entry >= paletteLength)
                    {
                        throw PngDecoder.Damaged(name, $"uses palette entry {entry} of {paletteLength}");
                    }

                    color = file[(paletteOffset + (4 * entry))..];
                }
                else
                {
                    color = line[(column * bits / 8)..];
                }

                int target = ((row * width) + column) * 3;
                (pixels[target], pixels[target + 1], pixels[target + 2]) = (color[2], color[1], color[0]);
            }
        }

        return new RasterImage((int)height, width, 3, pixels);
    }
}
