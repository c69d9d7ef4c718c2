using System.Buffers.Binary;
using System.IO.Compression;

namespace FewShot.Tasks.Data;

/// <summary>
/// Reads PNG images (ISO/IEC 15948): every colour type and bit depth, interlaced or not, checksums verified. Samples of 16 bits are rounded to 8; transparency is laid
/// over white, as on paper; colour spaces and gamma are ignored.
/// </summary>
internal static class PngDecoder
{
    // Larger images are refused before memory is asked for: a damaged header must not take the machine down.
    private const long MaximumPixels = 1 << 28;

    public static bool Matches(ReadOnlySpan<byte> file) => file.StartsWith(PngEncoder.Signature);

    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        if (!Matches(file))
        {
            throw Damaged(name, "does not begin with the PNG signature");
        }

        PngHeader? header = null;
        ReadOnlySpan<byte> palette = default, transparency = default;
        using var compressed = new MemoryStream();
        int position = PngEncoder.Signature.Length;
        while (true)
        {
            if (file.Length - position < 12)
            {
                throw Damaged(name, "ends before its end chunk");
            }

            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[position..]);
            if (length > file.Length - position - 12)
            {
                throw Damaged(name, "ends inside a chunk");
            }

            ReadOnlySpan<byte> type = file.Slice(position + 4, 4);
            ReadOnlySpan<byte> data = file.Slice(position + 8, (int)length);
            if (Crc32.Compute(file.Slice(position + 4, 4 + (int)length)) != BinaryPrimitives.ReadUInt32BigEndian(file[(position + 8 + (int)length)..]))
            {
                throw Damaged(name, $"has a wrong checksum in chunk {System.Text.Encoding.Latin1.GetString(type)}");
            }

            position += 12 + (int)length;
            if (header is null && !type.SequenceEqual("IHDR"u8))
            {
                throw Damaged(name, "does not begin with a header chunk");
            }

            if (type.SequenceEqual("IHDR"u8))
            {
                header = PngHeader.Parse(data, name, MaximumPixels);
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                palette = data;
            }
            else if (type.SequenceEqual("tRNS"u8))
            {
                transparency = data;
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                compressed.Write(data);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
            else if ((type[0] & 0x20) == 0)
            {
                throw Damaged(name, $"has an unknown critical chunk {System.Text.Encoding.Latin1.GetString(type)}");
            }
        }

        var pixels = new PngPixels(header!, palette, transparency, name);
        compressed.Position = 0;
        using var data8 = new ZLibStream(compressed, CompressionMode.Decompress);
        foreach (PngPass pass in header!.Passes())
        {
            ReadPass(data8, header, pass, ref pixels, name);
        }

        return new RasterImage(header.Height, header.Width, pixels.Channels, pixels.Samples);
    }

    internal static DataException Damaged(string name, string what, Exception? cause = null)
    {
        string message = $"The image '{name}' {what}; replace it with an intact copy or remove it.";
        return cause is null ? new DataException(message) : new DataException(message, cause);
    }

    private static void ReadPass(Stream data, PngHeader header, PngPass pass, ref PngPixels pixels, string name)
    {
        int rowBytes = (int)((((long)pass.Width * header.BitsPerPixel) + 7) / 8);
        int pixelBytes = Math.Max(1, header.BitsPerPixel / 8);
        var previous = new byte[rowBytes];
        var line = new byte[rowBytes + 1];
        for (int row = 0; row < pass.Height; row++)
        {
            try
            {
                data.ReadExactly(line);
            }
            catch (Exception error) when (error is EndOfStreamException or InvalidDataException)
            {
                throw Damaged(name, "has damaged or too little pixel data", error);
            }

            Span<byte> current = line.AsSpan(1);
            Unfilter(line[0], current, previous, pixelBytes, name);
            if (!pixels.TrySetRow(pass, row, current))
            {
                for (int column = 0; column < pass.Width; column++)
                {
                    pixels.Set(pass.FirstRow + (row * pass.RowStep), pass.FirstColumn + (column * pass.ColumnStep), current, column);
                }
            }

            current.CopyTo(previous);
        }
    }

    private static void Unfilter(byte filter, Span<byte> current, ReadOnlySpan<byte> above, int pixelBytes, string name)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (int i = pixelBytes; i < current.Length; i++)
                {
                    current[i] += current[i - pixelBytes];
                }

                break;
            case 2:
                for (int i = 0; i < current.Length; i++)
                {
                    current[i] += above[i];
                }

                break;
            case 3:
                for (int i = 0; i < current.Length; i++)
                {
                    current[i] += (byte)(((i < pixelBytes ? 0 : current[i - pixelBytes]) + above[i]) / 2);
                }

                break;
            case 4:
                for (int i = 0; i < current.Length; i++)
                {
                    current[i] += i < pixelBytes ? above[i] : Paeth(current[i - pixelBytes], above[i], above[i - pixelBytes]);
                }

                break;
            default:
                throw Damaged(name, $"uses filter {filter}, which does not exist");
        }
    }

    private static byte Paeth(byte left, byte above, byte corner)
    {
        int toLeft = Math.Abs(above - corner);
        int toAbove = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + above - (2 * corner));
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }
}
