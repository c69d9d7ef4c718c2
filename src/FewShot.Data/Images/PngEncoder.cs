using SkiaSharp;

namespace FewShot.Data.Images;

/// <summary>Writes 8-bit gray or colour PNG files.</summary>
public static class PngEncoder
{
    /// <summary>Encodes an image.</summary>
    /// <param name="image">The image; 1 channel becomes gray, 3 become colour.</param>
    /// <returns>The whole file.</returns>
    public static byte[] Encode(RasterImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        bool gray = image.Channels == 1;
        var info = new SKImageInfo(image.Width, image.Height, gray ? SKColorType.Gray8 : SKColorType.Rgb888x, SKAlphaType.Opaque);
        using SKImage picture = SKImage.FromPixelCopy(info, gray ? image.Pixels : Padded(image.Pixels));
        using SKData file = picture.Encode(SKEncodedImageFormat.Png, quality: 100);
        return file.ToArray();
    }

    // Four bytes a pixel, the last unused.
    private static byte[] Padded(byte[] colors)
    {
        byte[] padded = new byte[colors.Length / 3 * 4];
        for (int from = 0, to = 0; from < colors.Length; from += 3, to += 4)
        {
            colors.AsSpan(from, 3).CopyTo(padded.AsSpan(to));
        }

        return padded;
    }
}
