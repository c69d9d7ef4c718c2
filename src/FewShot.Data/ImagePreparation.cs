using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Data.Images;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// How an image becomes an example: converted to gray or colour, resized by area averaging, turned to ink on dark where asked, and
/// normalised by channel; the arithmetic of <see cref="ImageClasses"/>.
/// </summary>
/// <param name="Height">The rows that an image is resized to.</param>
/// <param name="Width">The columns that an image is resized to.</param>
/// <param name="Channels">The channels of an example: 1 for gray, 3 for colour.</param>
/// <param name="Invert">Whether dark becomes high: drawings on white paper are learnt as ink 1 on 0.</param>
/// <param name="Normalization">What is subtracted and divided by; null leaves [0, 1].</param>
public sealed record ImagePreparation(int Height, int Width, int Channels, bool Invert, ChannelNormalization? Normalization)
    : InputPreparation
{
    static ImagePreparation() => DataParts.Register();

    /// <summary>How many numbers one example has.</summary>
    [JsonIgnore]
    public int Size => Height * Width * Channels;

    /// <inheritdoc/>
    public override string? Incompatibility(Shape input)
    {
        var shape = new Shape(Height, Width, Channels);
        return shape != input ? $"gives images of {shape}, the learner takes {input}"
            : Normalization is { } n && (n.Mean?.Count != Channels || n.Scale?.Count != Channels)
                ? $"needs a mean and a scale for each of {Channels} channels"
            : Normalization is { } m && !(m.Mean.All(double.IsFinite) && m.Scale.All(scale => double.IsFinite(scale) && scale != 0))
                ? "has a mean that is not finite, or a scale that is 0 or not finite"
            : null;
    }

    /// <summary>Prepares one image.</summary>
    /// <param name="image">The image, of any size.</param>
    /// <param name="destination">Receives height × width × channels numbers.</param>
    public void Prepare(RasterImage image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] pixels = [.. image.WithChannels(Channels).Resize(Height, Width).Pixels];
        if (Invert)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = (byte)(255 - pixels[i]);
            }
        }

        new ImageClasses(Height, Width, Channels, [new ImageClass("", "", pixels)], Normalization).Copy(0, 0, destination);
    }

    /// <summary>Reads and prepares one file.</summary>
    /// <param name="path">A file of any format that <see cref="ImageDecoder"/> reads.</param>
    /// <param name="destination">Receives height × width × channels numbers.</param>
    /// <exception cref="DataException">The file is missing, empty, damaged or of another format.</exception>
    public void Read(string path, Span<float> destination) => Prepare(ImageDecoder.Read(path), destination);

    /// <summary>Reads and prepares files.</summary>
    /// <param name="paths">Files of any format that <see cref="ImageDecoder"/> reads.</param>
    /// <returns>Height × width × channels numbers of each, one after another.</returns>
    /// <exception cref="DataException">A file is missing, empty, damaged or of another format.</exception>
    public float[] Read(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        float[] inputs = new float[checked(paths.Count * Size)];
        for (int i = 0; i < paths.Count; i++)
        {
            Read(paths[i], inputs.AsSpan(i * Size, Size));
        }

        return inputs;
    }

    /// <summary>The image files of a folder in the order of their names, hidden ones left out.</summary>
    /// <param name="folder">The path of the folder.</param>
    /// <exception cref="DataException">It is missing, has no images, or something in it cannot be followed.</exception>
    public static IReadOnlyList<string> FilesOf(string folder) =>
        Directory.Exists(folder)
            ? ClassFolders.FilesOf(folder)
            : throw new DataException($"The folder '{folder}' does not exist; check the path.");
}
