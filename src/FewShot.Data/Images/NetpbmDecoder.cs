namespace FewShot.Data.Images;

// Portable bitmaps, graymaps and pixmaps, plain (P1 to P3) and raw (P4 to P6).
internal static class NetpbmDecoder
{
    public static bool Matches(ReadOnlySpan<byte> file) =>
        file.Length > 2 && file[0] == 'P' && file[1] is >= (byte)'1' and <= (byte)'6' && IsSpace(file[2]);

    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        int kind = file[1] - '0';
        int position = 2;
        bool bitmap = kind is 1 or 4;
        int width = Number(file, ref position, name);
        int height = Number(file, ref position, name);
        int maximum = bitmap ? 1 : Number(file, ref position, name);
        int channels = kind is 3 or 6 ? 3 : 1;
        ImageDecoder.CheckSize(width, height, name);
        if (maximum is < 1 or > 65535)
        {
            throw ImageDecoder.Refused(name, $"has an invalid header (maximum {maximum})");
        }

        // A pixel takes at least one bit of a raw bitmap and one byte or more of anything else.
        if ((kind == 4 ? (long)width * height / 8 : (long)width * height * channels) > file.Length)
        {
            throw ImageDecoder.Refused(
                name,
                $"is truncated: it declares {width}×{height} pixels, more than its {file.Length} bytes can hold"
            );
        }

        byte[] pixels = new byte[width * height * channels];
        if (kind <= 3)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = Scale(bitmap ? 1 - Bit(file, ref position, name) : Number(file, ref position, name), maximum, name);
            }

            return new RasterImage(height, width, channels, pixels);
        }

        // One white space character ends the header of the raw forms.
        ReadOnlySpan<byte> data = position < file.Length ? file[(position + 1)..] : default;
        int rowBytes = kind == 4 ? (width + 7) / 8 : width * channels * (maximum > 255 ? 2 : 1);
        if (data.Length < (long)rowBytes * height)
        {
            throw ImageDecoder.Refused(
                name,
                $"is truncated: it has {data.Length} bytes of pixels where {(long)rowBytes * height} are needed"
            );
        }

        for (int i = 0; i < pixels.Length; i++)
        {
            int row = i / (width * channels),
                column = i % (width * channels);
            pixels[i] =
                kind == 4
                    ? (byte)(((data[(row * rowBytes) + (column / 8)] >> (7 - (column % 8))) & 1) == 1 ? 0 : 255)
                    : Scale(maximum > 255 ? (data[2 * i] << 8) | data[(2 * i) + 1] : data[i], maximum, name);
        }

        return new RasterImage(height, width, channels, pixels);
    }

    private static byte Scale(int value, int maximum, string name) =>
        value <= maximum
            ? (byte)(((value * 255) + (maximum / 2)) / maximum)
            : throw ImageDecoder.Refused(name, $"has the value {value} above its maximum {maximum}");

    private static int Bit(ReadOnlySpan<byte> file, ref int position, string name)
    {
        SkipSpace(file, ref position);
        return position < file.Length && file[position] is (byte)'0' or (byte)'1'
            ? file[position++] - '0'
            : throw ImageDecoder.Refused(name, "has too few or invalid pixels");
    }

    private static int Number(ReadOnlySpan<byte> file, ref int position, string name)
    {
        SkipSpace(file, ref position);
        int begin = position;
        int value = 0;
        while (position < file.Length && file[position] is >= (byte)'0' and <= (byte)'9' && position - begin < 9)
        {
            value = (10 * value) + file[position++] - '0';
        }

        return position > begin
            ? value
            : throw ImageDecoder.Refused(name, "ends early or has something other than a number where one is needed");
    }

    private static void SkipSpace(ReadOnlySpan<byte> file, ref int position)
    {
        while (position < file.Length && (IsSpace(file[position]) || file[position] == '#'))
        {
            if (file[position] == '#')
            {
                while (position < file.Length && file[position] != '\n')
                {
                    position++;
                }
            }
            else
            {
                position++;
            }
        }
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or 0x0B or 0x0C;
}
