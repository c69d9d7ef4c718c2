using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using FewShot.Data.Images;
using FewShot.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class PngTests
{
    private static readonly (int Row, int Column, int RowStep, int ColumnStep)[] s_adam7 =
    [
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ];

    public static TheoryData<int, int, bool> Forms()
    {
        var forms = new TheoryData<int, int, bool>();
        foreach (
            (int color, int[] depths) in new[]
            {
                (0, new[] { 1, 2, 4, 8, 16 }),
                (2, [8, 16]),
                (3, [1, 2, 4, 8]),
                (4, [8, 16]),
                (6, [8, 16]),
            }
        )
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
            int samples = color switch
            {
                0 or 3 => 1,
                4 => 2,
                2 => 3,
                _ => 4,
            };
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
                double Level(int sample) => depth == 16 ? sample >> 8 : 255.0 * sample / maximum; // of 16 bits the upper 8 are kept
                double alpha = samples is 2 or 4 ? Level(pixel[^1]) / 255 : 1;
                for (int channel = 0; channel < image.Channels; channel++)
                {
                    double value = color == 3 ? palette[(3 * pixel[0]) + channel] : Level(pixel[color is 0 or 4 ? 0 : channel]);
                    Assert.Equal((value * alpha) + (255 * (1 - alpha)), image.Pixels[(i * image.Channels) + channel], 0.501);
                }
            }
        }
    }

    [Fact]
    public void Transparent_colours_become_white()
    {
        byte[] gray = Encode(2, 1, 0, 8, false, [10, 20], 1, transparency: [0, 10]);
        Assert.Equal([255, 255, 255, 20, 20, 20], ImageDecoder.Decode(gray, "gray").Pixels);
        byte[] palette = Encode(2, 1, 3, 8, false, [0, 1], 1, palette: [1, 2, 3, 4, 5, 6], transparency: [0]);
        Assert.Equal([255, 255, 255, 4, 5, 6], ImageDecoder.Decode(palette, "palette").Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_written_is_read_back(int channels)
    {
        byte[] pixels = new byte[7 * 11 * channels];
        new Random(3).NextBytes(pixels);
        RasterImage image = ImageDecoder.Decode(PngEncoder.Encode(new RasterImage(7, 11, channels, pixels)), "own");
        Assert.Equal((7, 11, channels), (image.Height, image.Width, image.Channels));
        Assert.Equal(pixels, image.Pixels);
    }

    [Fact]
    public void Every_damage_that_would_change_a_pixel_is_refused_in_one_line_that_names_the_image()
    {
        int[] pixels = [.. Enumerable.Range(0, 81)];
        byte[] good = Encode(9, 9, 0, 8, false, pixels, 1);
        for (int length = 0; length < good.Length; length++)
        {
            RefusedOrWhole(good[..length]);
        }

        for (int position = 0; position < good.Length; position++)
        {
            byte[] flipped = [.. good];
            flipped[position] ^= 0x10;
            RefusedOrWhole(flipped);
        }

        void RefusedOrWhole(byte[] file)
        {
            try
            {
                Assert.Equal(pixels, ImageDecoder.Decode(file, "broken.png").Pixels.Select(pixel => (int)pixel));
            }
            catch (DataException error)
            {
                Assert.Contains("'broken.png'", OneLine(error));
                Assert.DoesNotContain(file.AsSpan().StartsWith(good.AsSpan(0, 8)) ? "convert" : "\n", error.Message);
            }
        }
    }

    [Fact]
    public void Truncated_and_empty_images_are_called_so()
    {
        byte[] good = Encode(9, 9, 0, 8, false, [.. Enumerable.Range(0, 81)], 1);
        Assert.Contains("empty", Refusal([]));
        Assert.Contains("truncated", Refusal(good[..9]));
        Assert.Contains("truncated", Refusal(good[..40]));
        Assert.Contains("truncated", Refusal(good[..^40]));
    }

    [Theory]
    [InlineData(int.MaxValue, 9)]
    [InlineData(9, int.MaxValue)]
    [InlineData(5000, 5000)]
    public void Sizes_that_the_file_cannot_hold_are_refused_before_memory_is_asked_for(int width, int height)
    {
        byte[] file = Encode(9, 9, 0, 8, false, [.. Enumerable.Range(0, 81)], 1);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32.HashToUInt32(file.AsSpan(12, 17)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("far more than", Refusal(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void An_honest_image_of_too_many_pixels_is_refused_by_the_bound()
    {
        byte[] file = Encode(8192, 4097, 0, 1, false, new int[8192 * 4097], 1, filter: 0);
        Assert.Contains("8192×4097 pixels, more than the 33554432", Refusal(file));
    }

    private static string Refusal(byte[] file) => OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(file, "broken.png")));

    // Writes any form of PNG, every row with another filter unless one is given.
    private static byte[] Encode(
        int width,
        int height,
        int color,
        int depth,
        bool interlaced,
        int[] pixels,
        int samples,
        byte[]? palette = null,
        byte[]? transparency = null,
        int? filter = null
    )
    {
        using var raw = new MemoryStream();
        foreach ((int firstRow, int firstColumn, int rowStep, int columnStep) in interlaced ? s_adam7 : [(0, 0, 1, 1)])
        {
            int passHeight = (height - firstRow + rowStep - 1) / rowStep,
                passWidth = (width - firstColumn + columnStep - 1) / columnStep;
            if (passHeight <= 0 || passWidth <= 0)
            {
                continue;
            }

            int rowBytes = ((passWidth * samples * depth) + 7) / 8;
            int pixelBytes = Math.Max(1, samples * depth / 8);
            byte[] above = new byte[rowBytes];
            for (int y = 0; y < passHeight; y++)
            {
                byte[] row = new byte[rowBytes];
                for (int i = 0; i < passWidth * samples; i++)
                {
                    int source = (((firstRow + (y * rowStep)) * width) + firstColumn + (i / samples * columnStep)) * samples;
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
                    int left = i < pixelBytes ? 0 : row[i - pixelBytes],
                        corner = i < pixelBytes ? 0 : above[i - pixelBytes];
                    int guess = left + above[i] - corner;
                    int paeth = new[] { left, above[i], corner }.MinBy(candidate => Math.Abs(guess - candidate));
                    raw.WriteByte(
                        (byte)(
                            row[i]
                            - (
                                method switch
                                {
                                    1 => left,
                                    2 => above[i],
                                    3 => (left + above[i]) / 2,
                                    4 => paeth,
                                    _ => 0,
                                }
                            )
                        )
                    );
                }

                above = row;
            }
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(raw.ToArray());
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)color, (byte)(interlaced ? 1 : 0));
        byte[] data = packed.ToArray();
        return
        [
            0x89,
            0x50,
            0x4E,
            0x47,
            0x0D,
            0x0A,
            0x1A,
            0x0A,
            .. Chunk("IHDR", header),
            .. palette is null ? [] : Chunk("PLTE", palette),
            .. transparency is null ? [] : Chunk("tRNS", transparency),
            .. Chunk("tEXt", [1, 2]),
            .. Chunk("IDAT", data[..(data.Length / 2)]),
            .. Chunk("IDAT", data[(data.Length / 2)..]),
            .. Chunk("IEND", []),
        ];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        System.Text.Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
