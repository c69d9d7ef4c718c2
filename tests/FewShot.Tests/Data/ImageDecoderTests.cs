using System.IO.Compression;
using System.Security.Cryptography;
using FewShot.Benchmarks;
using FewShot.Data.Images;
using FewShot.Tasks;
using FewShot.Tests.Tasks;
using SkiaSharp;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class ImageDecoderTests
{
    // Of all decoded pixels in the order of the files' names, by a decoder in Python of zlib and the PNG standard alone.
    [Theory]
    [InlineData("images_evaluation", 13180, "eb68a59f8009779aa59cff308d7af8e3b946a55d740dad6a8ed9364f7c20fa27")]
    [InlineData("images_background", 19280, "f32435a80e3966c7aa29e20298c2c9ec9947dbf555cecea37d51cfc8e1365fa0")]
    public void Drawings_of_Omniglot_have_the_pixels_that_their_files_hold(string part, int count, string hash)
    {
        using ZipArchive archive = ZipFile.OpenRead(Path.Combine(Require("omniglot", $"{part}.zip"), "omniglot", $"{part}.zip"));
        ZipArchiveEntry[] files =
        [
            .. archive
                .Entries.Where(file =>
                    file.FullName.EndsWith(".png", StringComparison.Ordinal)
                    && !file.FullName.StartsWith("__MACOSX", StringComparison.Ordinal)
                )
                .OrderBy(file => file.FullName, StringComparer.Ordinal),
        ];
        Assert.Equal(count, files.Length);
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ZipArchiveEntry file in files)
        {
            using Stream stream = file.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            all.AppendData(ImageDecoder.Decode(bytes.ToArray(), file.FullName).Pixels);
        }

        Assert.Equal(hash, Convert.ToHexStringLower(all.GetHashAndReset()));
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg, 4)]
    [InlineData(SKEncodedImageFormat.Webp, 4)]
    [InlineData(SKEncodedImageFormat.Png, 0)]
    public void Every_format_is_read_by_its_content_and_refused_when_cut(SKEncodedImageFormat format, int tolerance)
    {
        using var bitmap = new SKBitmap(32, 24);
        bitmap.Erase(new SKColor(200, 100, 50));
        using SKData data = bitmap.Encode(format, 100);
        byte[] file = data.ToArray();
        RasterImage image = ImageDecoder.Decode(file, "named.wrongly");
        Assert.Equal((24, 32, 3), (image.Height, image.Width, image.Channels));
        Assert.All(
            image.Pixels.Chunk(3),
            pixel =>
            {
                Assert.InRange(pixel[0], 200 - tolerance, 200 + tolerance);
                Assert.InRange(pixel[1], 100 - tolerance, 100 + tolerance);
                Assert.InRange(pixel[2], 50 - tolerance, 50 + tolerance);
            }
        );
        Assert.Contains(
            "truncated",
            OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(file.AsSpan(0, file.Length / 2), "cut")))
        );
    }

    [Fact]
    public void The_first_picture_of_a_gif_is_read_with_transparency_as_white()
    {
        // 2×1 pixels, colours 0 and 1 of a table of two, 1 transparent; LZW codes clear, 0, 1, end of 3 bits each.
        byte[] gif =
        [
            .. "GIF89a"u8,
            2,
            0,
            1,
            0,
            0x80,
            0,
            0,
            10,
            20,
            30,
            40,
            50,
            60,
            0x21,
            0xF9,
            4,
            1,
            0,
            0,
            1,
            0,
            0x2C,
            0,
            0,
            0,
            0,
            2,
            0,
            1,
            0,
            0,
            2,
            2,
            0x44,
            0x0A,
            0,
            0x3B,
        ];
        Assert.Equal([10, 20, 30, 255, 255, 255], ImageDecoder.Decode(gif, "gif").Pixels);
    }

    // A quarter for each colour: white, red, green and blue from left to right and top to bottom when upright.
    [Theory]
    [InlineData(1, "wr/gb")]
    [InlineData(2, "rw/bg")]
    [InlineData(3, "bg/rw")]
    [InlineData(4, "gb/wr")]
    [InlineData(5, "wg/rb")]
    [InlineData(6, "gw/br")]
    [InlineData(7, "br/gw")]
    [InlineData(8, "rb/wg")]
    public void Photographs_are_turned_upright_by_the_orientation_they_carry(byte orientation, string upright)
    {
        using var bitmap = new SKBitmap(48, 32);
        for (int y = 0; y < 32; y++)
        {
            for (int x = 0; x < 48; x++)
            {
                bitmap.SetPixel(
                    x,
                    y,
                    (y < 16, x < 24) switch
                    {
                        (true, true) => SKColors.White,
                        (true, false) => SKColors.Red,
                        (false, true) => SKColors.Lime,
                        _ => SKColors.Blue,
                    }
                );
            }
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);
        byte[] plain = data.ToArray();
        byte[] exif =
        [
            0xFF,
            0xE1,
            0,
            34,
            .. "Exif\0\0MM\0*"u8,
            0,
            0,
            0,
            8,
            0,
            1,
            0x01,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            orientation,
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        RasterImage image = ImageDecoder.Decode([.. plain[..2], .. exif, .. plain[2..]], "photo.jpg");
        Assert.Equal(orientation >= 5 ? (48, 32) : (32, 48), (image.Height, image.Width));
        char At(int y, int x)
        {
            byte[] pixel = image.Pixels[(((y * image.Width) + x) * 3)..][..3];
            return (pixel[0] > 128, pixel[1] > 128, pixel[2] > 128) switch
            {
                (true, true, true) => 'w',
                (true, false, false) => 'r',
                (false, true, false) => 'g',
                (false, false, true) => 'b',
                _ => '?',
            };
        }

        int bottom = image.Height - 4,
            right = image.Width - 4;
        Assert.Equal(upright, $"{At(4, 4)}{At(4, right)}/{At(bottom, 4)}{At(bottom, right)}");
    }

    [Theory]
    [InlineData("photo.jpg", null)]
    [InlineData("rotated-exif6.jpg", null)]
    [InlineData("cmyk.jpg", null)]
    [InlineData("jpeg-named.png", null)]
    [InlineData("empty.png", "is an empty file")]
    [InlineData("row-overflow.png", "far more than its 69 bytes can hold")]
    [InlineData("many-declared-pixels.png", "far more than its 135 bytes can hold")]
    public void Pictures_that_once_failed_are_read_or_refused_rightly(string name, string? refusal)
    {
        string root =
            Environment.GetEnvironmentVariable("FEWSHOT_CASES") ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "cases"));
        string path = Path.Combine(root, "images", name);
        if (!File.Exists(path))
        {
            Assert.Skip($"The case '{name}' is missing: set FEWSHOT_CASES to the folder that has images/{name}.");
        }

        if (refusal is not null)
        {
            Assert.Contains(refusal, OneLine(Assert.Throws<DataException>(() => ImageDecoder.Read(path))));
            return;
        }

        RasterImage image = ImageDecoder.Read(path);
        Assert.Equal(3, image.Channels);
        Assert.Equal(name == "rotated-exif6.jpg" ? (451, 300) : (300, 451), (image.Height, image.Width));
        RasterImage photo = ImageDecoder.Read(Path.Combine(root, "images", "photo.jpg"));
        if (name is "cmyk.jpg" or "jpeg-named.png")
        {
            // The same picture as a person sees it: the mean difference of a channel is small, not that of a negative.
            Assert.InRange(image.Pixels.Zip(photo.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, name == "cmyk.jpg" ? 12 : 0);
        }
    }

    [Fact]
    public void What_is_no_regular_file_is_never_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes and devices of Linux.");
        Assert.Contains("pipe or device", OneLine(Assert.Throws<DataException>(() => ImageDecoder.Read("/dev/zero"))));
        using var folder = new TemporaryFolder();
        string pipe = Path.Combine(folder.Path, "pipe.png");
        System.Diagnostics.Process.Start("mkfifo", [pipe]).WaitForExit();
        Assert.Contains("pipe or device", OneLine(Assert.Throws<DataException>(() => ImageDecoder.Read(pipe))));

        // A link has a length of its own, which is not that of what it leads to.
        foreach (string target in new[] { "/dev/zero", pipe })
        {
            string link = Path.Combine(folder.Path, "link.png");
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
            Assert.Contains("pipe or device", OneLine(Assert.Throws<DataException>(() => ImageDecoder.Read(link))));
        }
    }
}
