using System.Buffers.Binary;
using System.IO.Compression;
using FewShot.Tasks;
using FewShot.Tasks.Data;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class PngTests
{
    public static TheoryData<int, int, bool> Forms()
    {
        var forms = new TheoryData<int, int, bool>();
        foreach ((int color, int[] depths) in new[] { (0, new[] { 1, 2, 4, 8, 16 }), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]) })
        {
            foreach (int depth in depths)
            {
                forms.Add(color, depth, false);
                forms.Add(color, depth, true);
            }
        }

        return forms;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_colour_type_and_depth_is_read(int color, int depth, bool interlaced)
    {
        foreach ((int width, int height) in new[] { (1, 1), (3, 5), (13, 9), (17, 16) })
        {
            var random = new Random((color * 100) + depth + width);
            int samples = color switch { 0 or 3 => 1, 4 => 2, 2 => 3, _ => 4 };
            int maximum = (1 << depth) - 1;
            int[] pixels = [.. Enumerable.Range(0, width * height * samples).Select(_ => random.Next(maximum + 1))];
            byte[] palette = new byte[3 * (maximum + 1)];
            random.NextBytes(palette);
            byte[] file = Encode(width, height, color, depth, interlaced, pixels, samples, palette: color == 3 ? palette : null);
            RasterImage image = ImageDecoder.Decode(file, "test.png");
            Assert.Equal((height, width), (image.Height, image.Width));
            for (int i = 0; i < width * height; i++)
            {
                int[] pixel = pixels[(i * samples)..((i + 1) * samples)];
                double alpha = samples is 2 or 4 ? pixel[^1] / (double)maximum : 1;
                for (int channel = 0; channel < image.Channels; channel++)
                {
                    double value = color == 3 ? palette[(3 * pixel[0]) + channel] : 255.0 * pixel[channel] / maximum;
                    Assert.Equal((value * alpha) + (255 * (1 - alpha)), image.Pixels[(i * image.Channels) + channel], 0.501);
                }
            }
        }
    }

    [Fact]
    public void Transparent_colours_become_white()
    {
        byte[] gray = Encode(2, 1, 0, 8, false, [10, 20], 1, transparency: [0, 10]);
        Assert.Equal([255, 20], ImageDecoder.Decode(gray, "gray").Pixels);
        byte[] palette = Encode(2, 1, 3, 8, false, [0, 1], 1, palette: [1, 2, 3, 4, 5, 6], transparency: [0]);
        Assert.Equal([255, 255, 255, 4, 5, 6], ImageDecoder.Decode(palette, "palette").Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_written_is_read_back(int channels)
    {
        var pixels = new byte[7 * 11 * channels];
        new Random(3).NextBytes(pixels);
        RasterImage image = ImageDecoder.Decode(PngEncoder.Encode(new RasterImage(7, 11, channels, pixels)), "own");
        Assert.Equal((7, 11, channels), (image.Height, image.Width, image.Channels));
        Assert.Equal(pixels, image.Pixels);
    }

    [Fact]
    public void Every_damage_is_one_line_that_names_the_image()
    {
        byte[] good = Encode(9, 9, 0, 8, false, [.. Enumerable.Range(0, 81)], 1);
        for (int length = 0; length < good.Length; length++)
        {
            Assert.Contains("'broken.png'", OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(good.AsSpan(0, length), "broken.png"))));
        }

        for (int position = 0; position < good.Length; position++)
        {
            byte[] flipped = [.. good];
            flipped[position] ^= 0x10;
            OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(flipped, "broken.png")));
        }

        byte[] huge = [.. good];
        BinaryPrimitives.WriteInt32BigEndian(huge.AsSpan(16), int.MaxValue);
        BinaryPrimitives.WriteUInt32BigEndian(huge.AsSpan(29), Crc32.Compute(huge.AsSpan(12, 17)));
        Assert.Contains("too many", Assert.Throws<DataException>(() => ImageDecoder.Decode(huge, "huge.png")).Message);
        Assert.Contains("filter 7", Assert.Throws<DataException>(() => ImageDecoder.Decode(Encode(2, 2, 0, 8, false, [1, 2, 3, 4], 1, filter: 7), "f")).Message);
        Assert.Contains("palette entry 3", Assert.Throws<DataException>(() => ImageDecoder.Decode(Encode(1, 1, 3, 2, false, [3], 1, palette: [1, 2, 3]), "p")).Message);
    }

    // Writes any form of PNG, every row with another filter unless one is given.
    private static byte[] Encode(
        int width, int height, int color, int depth, bool interlaced, int[] pixels, int samples, byte[]? palette = null, byte[]? transparency = null, int? filter = null)
    {
        using var raw = new MemoryStream();
        foreach (PngPass pass in new PngHeader(width, height, depth, color, interlaced).Passes())
        {
            int rowBytes = ((pass.Width * samples * depth) + 7) / 8;
            int pixelBytes = Math.Max(1, samples * depth / 8);
            var above = new byte[rowBytes];
            for (int y = 0; y < pass.Height; y++)
            {
                var row = new byte[rowBytes];
                for (int i = 0; i < pass.Width * samples; i++)
                {
                    int source = (((pass.FirstRow + (y * pass.RowStep)) * width) + pass.FirstColumn + (i / samples * pass.ColumnStep)) * samples;
                    int value = pixels[source + (i % samples)];
                    if (depth == 16)
                    {
                        BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(2 * i), (ushort)value);
                    }
                    else
                    {
                        row[i * depth / 8] |= (byte)(value << (8 - depth - (i * depth % 8)));
                    }
                }

                int method = filter ?? (y % 5);
                raw.WriteByte((byte)method);
                for (int i = 0; i < rowBytes; i++)
                {
                    int left = i < pixelBytes ? 0 : row[i - pixelBytes], corner = i < pixelBytes ? 0 : above[i - pixelBytes];
                    int guess = left + above[i] - corner;
                    int paeth = new[] { left, above[i], corner }.MinBy(candidate => Math.Abs(guess - candidate));
                    raw.WriteByte((byte)(row[i] - (method switch { 1 => left, 2 => above[i], 3 => (left + above[i]) / 2, 4 => paeth, _ => 0 })));
                }

                above = row;
            }
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(raw.ToArray());
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)color, (byte)(interlaced ? 1 : 0));
        byte[] data = packed.ToArray();
        return
        [
            0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR", header), .. palette is null ? [] : Chunk("PLTE", palette),
            .. transparency is null ? [] : Chunk("tRNS", transparency), .. Chunk("tEXt", [1, 2]), .. Chunk("IDAT", data[..(data.Length / 2)]),
            .. Chunk("IDAT", data[(data.Length / 2)..]), .. Chunk("IEND", []),
        ];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        System.Text.Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Compute(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
