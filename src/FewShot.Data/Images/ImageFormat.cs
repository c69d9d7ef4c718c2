namespace FewShot.Data.Images;

// Image formats by the bytes their files begin with; those that are not read are known too, so that an error can name them.
internal sealed record ImageFormat(string Name, bool IsRead)
{
    public static ImageFormat? Of(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> brand = file.Length >= 12 ? file[8..12] : default;
        return file switch
        {
            _ when file.StartsWith(PngSignature) => new("PNG", true),
            [0xFF, 0xD8, 0xFF, ..] => new("JPEG", true),
            _ when file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8) => new("GIF", true),
            _ when file.StartsWith("RIFF"u8) && brand.SequenceEqual("WEBP"u8) => new("WebP", true),
            _ when file.StartsWith("BM"u8) => new("BMP", true),
            _ when file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) => new("a TIFF image", false),
            _ when file.Length >= 12 && file[4..8].SequenceEqual("ftyp"u8) => new(
                brand.StartsWith("avi"u8) ? "an AVIF image" : "a HEIC image",
                false
            ),
            _ when file.Length >= 8 && file[4..8].SequenceEqual("jP  "u8) => new("a JPEG 2000 image", false),
            [0xFF, 0x0A, ..] => new("a JPEG XL image", false),
            [0, 0, 1, 0, ..] => new("an icon (ICO)", false),
            _ when file.StartsWith("<svg"u8) || file.StartsWith("<?xml"u8) => new("an SVG drawing", false),
            _ => null,
        };
    }

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];
}
