using System.Buffers.Binary;

namespace FewShot.Tasks.Data;

// One rectangle of pixels stored together: the whole image, or one of the seven passes of an interlaced one.
internal readonly record struct PngPass(int FirstRow, int FirstColumn, int RowStep, int ColumnStep, int Height, int Width);

// The header chunk of a PNG image.
internal sealed record PngHeader(int Width, int Height, int BitDepth, int ColorType, bool Interlaced)
{
    public const int Gray = 0, Color = 2, Palette = 3, GrayAlpha = 4, ColorAlpha = 6;

    private static readonly (int Row, int Column, int RowStep, int ColumnStep)[] Adam7 =
        [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)];

    public int SamplesPerPixel => ColorType switch { Gray or Palette => 1, GrayAlpha => 2, Color => 3, _ => 4 };

    public int BitsPerPixel => BitDepth * SamplesPerPixel;

    public static PngHeader Parse(ReadOnlySpan<byte> data, string name, long maximumPixels)
    {
        if (data.Length != 13)
        {
            throw PngDecoder.Damaged(name, "has a header chunk of the wrong length");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        if (width == 0 || height == 0 || (ulong)width * height > (ulong)maximumPixels)
        {
            throw PngDecoder.Damaged(name, $"claims {width}×{height} pixels, which is none or too many");
        }

        int depth = data[8], colorType = data[9];
        bool known = (colorType, depth) is (Gray, 1 or 2 or 4 or 8 or 16) or (Palette, 1 or 2 or 4 or 8) or (Color or GrayAlpha or ColorAlpha, 8 or 16);
        if (!known || data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw PngDecoder.Damaged(name, $"has an invalid header (colour type {colorType}, {depth} bits, methods {data[10]}, {data[11]}, {data[12]})");
        }

        return new PngHeader((int)width, (int)height, depth, colorType, data[12] == 1);
    }

    public IEnumerable<PngPass> Passes()
    {
        if (!Interlaced)
        {
            yield return new PngPass(0, 0, 1, 1, Height, Width);
            yield break;
        }

        foreach ((int row, int column, int rowStep, int columnStep) in Adam7)
        {
            int height = (Height - row + rowStep - 1) / rowStep;
            int width = (Width - column + columnStep - 1) / columnStep;
            if (height > 0 && width > 0)
            {
                yield return new PngPass(row, column, rowStep, columnStep, height, width);
            }
        }
    }
}
