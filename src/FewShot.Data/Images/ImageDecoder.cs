using System.Buffers.Binary;
using FewShot.Storage;
using FewShot.Tasks;
using SkiaSharp;

namespace FewShot.Data.Images;

/// <summary>
/// Reads image files: JPEG, PNG, WebP, GIF (its first picture) and BMP by SkiaSharp, and the Netpbm formats PBM, PGM and PPM. The content
/// decides, not the file's name.
/// </summary>
/// <remarks>
/// The orientation that a camera stored (EXIF) is applied. Transparency is laid over white, as on paper. Colour profiles and gamma are
/// ignored; CMYK becomes red, green and blue by the simple product; samples of 16 bits keep their upper 8. Safe for concurrent use.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>The most pixels an image may have, 2²⁵ (33,554,432): decoding takes up to 7 bytes of memory for each.</summary>
    public const int MaximumPixels = 1 << 25;

    /// <summary>The longest file that is read, in bytes: 2²⁸ (256 MiB).</summary>
    public const int MaximumFileLength = 1 << 28;

    // Deflate makes at most 1,032 bytes of one.
    private const ulong LargestExpansion = 1032;

    /// <summary>
    /// The file name endings that an image folder is searched for; those that cannot be read are among them, so that no picture is passed
    /// over in silence.
    /// </summary>
    internal static readonly IReadOnlySet<string> Extensions = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".webp",
        ".gif",
        ".bmp",
        ".dib",
        ".pgm",
        ".ppm",
        ".pbm",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
        ".jp2",
        ".jxl",
        ".svg",
        ".ico",
    };

    /// <summary>Reads and decodes a file.</summary>
    /// <param name="path">The path of the file.</param>
    /// <returns>The image, upright.</returns>
    /// <exception cref="DataException">The file is missing, empty, too large, damaged, of another format, or no regular file.</exception>
    public static RasterImage Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Decode(ReadFile(path), path);
    }

    /// <summary>The bytes of an image file, refused as <see cref="Read"/> refuses them.</summary>
    internal static byte[] ReadFile(string path)
    {
        try
        {
            // Pipes and devices have no length, so they are never opened: reading one could wait for ever or have no end.
            return RegularFile.LengthOf(path) switch
            {
                0 => throw Refused(path, "is an empty file (or a pipe or device, which has no length)"),
                > MaximumFileLength and var length => throw Refused(
                    path,
                    $"has {length} bytes, more than the {MaximumFileLength} that an image may have",
                    "scale it down"
                ),
                _ => File.ReadAllBytes(path),
            };
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException(
                $"The image '{path}' does not exist"
                    + (
                        path.Contains('\uFFFD', StringComparison.Ordinal)
                            ? " under that name, which is not UTF-8; rename it."
                            : "; check the path."
                    ),
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The image '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Decodes an image.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call the image in errors.</param>
    /// <returns>The image, upright; gray where the file is gray without transparency.</returns>
    /// <exception cref="DataException">The image is empty, too large, damaged or of another format.</exception>
    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        if (file.IsEmpty)
        {
            throw Refused(name, "is an empty file");
        }

        if (NetpbmDecoder.Matches(file))
        {
            return NetpbmDecoder.Decode(file, name);
        }

        if (ImageFormat.Of(file) is not { IsRead: true } format)
        {
            throw new DataException(
                $"The image '{name}' is {ImageFormat.Of(file)?.Name ?? "of an unknown format"}, which is not read; "
                    + "convert it to PNG or JPEG (WebP, GIF, BMP, PBM, PGM and PPM are read too) or remove it."
            );
        }

        if (format.Name == "PNG")
        {
            CheckPngSize(file, name);
        }

        using SKCodec? codec = SKCodec.Create(new SKMemoryStream(file.ToArray()), out SKCodecResult opened);
        if (codec is null)
        {
            throw Refused(
                name,
                opened == SKCodecResult.IncompleteInput
                    ? $"is truncated or damaged in the header of its {format.Name} data"
                    : $"has {format.Name} data that cannot be read ({opened})"
            );
        }

        CheckSize(codec.Info.Width, codec.Info.Height, name);
        bool gray = codec.Info.ColorType == SKColorType.Gray8;
        var info = new SKImageInfo(
            codec.Info.Width,
            codec.Info.Height,
            gray ? SKColorType.Gray8 : SKColorType.Rgba8888,
            gray ? SKAlphaType.Opaque : SKAlphaType.Unpremul
        );
        SKCodecResult result = codec.GetPixels(info, out byte[] pixels);
        if (result != SKCodecResult.Success)
        {
            throw Refused(
                name,
                result == SKCodecResult.IncompleteInput
                    ? $"is truncated: its {format.Name} data end before the last pixel"
                    : $"has damaged {format.Name} data ({result})"
            );
        }

        var image = new RasterImage(info.Height, info.Width, gray ? 1 : 3, gray ? pixels : OverWhite(pixels));
        return Upright(image, codec.EncodedOrigin);
    }

    internal static DataException Refused(string name, string what, string remedy = "replace it with an intact copy") =>
        new($"The image '{name}' {what}; {remedy} or remove it.");

    internal static void CheckSize(long width, long height, string name)
    {
        if (width < 1 || height < 1)
        {
            throw Refused(name, $"has an invalid size of {width}×{height} pixels");
        }

        if (width > MaximumPixels || height > MaximumPixels || width * height > MaximumPixels)
        {
            throw Refused(name, $"has {width}×{height} pixels, more than the {MaximumPixels} that an image may have", "scale it down");
        }
    }

    // From the header alone: a few bytes must not make the decoder ask for gigabytes.
    private static void CheckPngSize(ReadOnlySpan<byte> file, string name)
    {
        const int HeaderEnd = 26;
        if (file.Length < HeaderEnd)
        {
            throw Refused(name, "is truncated: it ends inside the header of its PNG data");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(file[16..]);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(file[20..]);
        int samples = file[25] switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        UInt128 needed = (((UInt128)width * (uint)(samples * file[24])) + 7) / 8 * height;
        if (needed / LargestExpansion > (UInt128)file.Length)
        {
            throw Refused(name, $"declares {width}×{height} pixels, far more than its {file.Length} bytes can hold");
        }

        CheckSize(width, height, name);
    }

    private static byte[] OverWhite(byte[] rgba)
    {
        byte[] colors = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
        {
            int alpha = rgba[from + 3],
                white = 255 * (255 - alpha);
            colors[to] = (byte)(((rgba[from] * alpha) + white + 127) / 255);
            colors[to + 1] = (byte)(((rgba[from + 1] * alpha) + white + 127) / 255);
            colors[to + 2] = (byte)(((rgba[from + 2] * alpha) + white + 127) / 255);
        }

        return colors;
    }

    // The name of an origin says where the first stored row and column belong.
    private static RasterImage Upright(RasterImage stored, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or SKEncodedOrigin.Default)
        {
            return stored;
        }

        bool transposed =
            origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool rowsTurned =
            origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        bool columnsTurned =
            origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        (int height, int width) = transposed ? (stored.Width, stored.Height) : (stored.Height, stored.Width);
        byte[] pixels = new byte[stored.Pixels.Length];
        int target = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int row, int column) = transposed ? (x, y) : (y, x);
                row = rowsTurned ? stored.Height - 1 - row : row;
                column = columnsTurned ? stored.Width - 1 - column : column;
                int source = ((row * stored.Width) + column) * stored.Channels;
                for (int channel = 0; channel < stored.Channels; channel++)
                {
                    pixels[target++] = stored.Pixels[source + channel];
                }
            }
        }

        return new RasterImage(height, width, stored.Channels, pixels);
    }
}
