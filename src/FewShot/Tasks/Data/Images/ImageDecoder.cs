namespace FewShot.Tasks.Data;

/// <summary>Reads image files: PNG, uncompressed BMP, and the Netpbm formats PBM, PGM and PPM. The content decides, not the file's name.</summary>
public static class ImageDecoder
{
    /// <summary>The file name endings that an image folder is searched for.</summary>
    internal static readonly IReadOnlySet<string> Extensions =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { ".png", ".bmp", ".pgm", ".ppm", ".pbm" };

    /// <summary>Image formats that people have and this library does not read; named so that the error can say what to do.</summary>
    internal static readonly IReadOnlySet<string> UnsupportedExtensions =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif", ".jp2", ".svg" };

    /// <summary>Decodes an image.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">What to call the image in errors.</param>
    /// <exception cref="DataException">The image is damaged or of another format.</exception>
    public static RasterImage Decode(ReadOnlySpan<byte> file, string name)
    {
        if (PngDecoder.Matches(file))
        {
            return PngDecoder.Decode(file, name);
        }

        if (NetpbmDecoder.Matches(file))
        {
            return NetpbmDecoder.Decode(file, name);
        }

        return BmpDecoder.Matches(file) ? BmpDecoder.Decode(file, name) : throw Unsupported(name);
    }

    internal static DataException Unsupported(string name) =>
        new($"The image '{name}' is not in a supported format (PNG, uncompressed BMP, PBM, PGM, PPM); convert it to PNG.");
}
