using System.Numerics.Tensors;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// Classes of stored 8-bit images. A sample s of channel c is given as (s / 255 - mean[c]) / scale[c]; with <c>rotations</c>, each class
/// also appears turned by 90, 180 and 270 degrees clockwise as three further classes, as is usual for Omniglot. Immutable and safe for
/// concurrent use.
/// </summary>
public sealed class ImageClasses : IImagePool
{
    private readonly IReadOnlyList<ImageClass> _classes;
    private readonly int _rotations;
    private readonly float[] _gain;
    private readonly float[] _shift;

    /// <summary>Creates a pool. The pixels are not copied.</summary>
    /// <param name="height">Rows of every image.</param>
    /// <param name="width">Columns of every image.</param>
    /// <param name="channels">Channels of every image.</param>
    /// <param name="classes">The classes with their images.</param>
    /// <param name="normalization">What to subtract and divide by; none leaves [0, 1].</param>
    /// <param name="rotations">Whether turned images are classes of their own; needs square images.</param>
    /// <exception cref="DataException">The pixels of a class are no whole number of images.</exception>
    public ImageClasses(
        int height,
        int width,
        int channels,
        IReadOnlyList<ImageClass> classes,
        ChannelNormalization? normalization = null,
        bool rotations = false
    )
    {
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (rotations && height != width)
        {
            throw new ArgumentException($"Only square images can be turned into further classes, not {height}×{width}.", nameof(rotations));
        }

        int size = checked(height * width * channels);
        foreach (ImageClass item in classes)
        {
            if (item.Pixels.Length % size != 0)
            {
                throw new DataException(
                    $"The class '{item.Name}' has {item.Pixels.Length} bytes of pixels, which is no whole number of "
                        + $"{height}×{width}×{channels} images; give every image the same size."
                );
            }
        }

        normalization ??= ChannelNormalization.None(channels);
        if (normalization.Mean.Count != channels || normalization.Scale.Count != channels)
        {
            throw new ArgumentException($"The normalisation needs {channels} means and scales.", nameof(normalization));
        }

        Height = height;
        Width = width;
        Channels = channels;
        Normalization = normalization;
        this._classes = classes;
        this._rotations = rotations ? 4 : 1;

        // (s / 255 - mean) / scale as one multiplication and one addition, laid out for a whole image so that both vectorise.
        _gain = new float[size];
        _shift = new float[size];
        for (int i = 0; i < _gain.Length; i++)
        {
            double scale = normalization.Scale[i % channels];
            _gain[i] = (float)(1 / (255 * scale));
            _shift[i] = (float)(-normalization.Mean[i % channels] / scale);
        }
    }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Channels { get; }

    /// <inheritdoc/>
    public int Count => _classes.Count * _rotations;

    /// <summary>The mean that is subtracted from each channel and the scale that it is divided by.</summary>
    public ChannelNormalization Normalization { get; }

    /// <inheritdoc/>
    public string NameOf(int index) => _classes[index / _rotations].NameAt(index % _rotations);

    /// <inheritdoc/>
    public string GroupOf(int index) => _classes[index / _rotations].Group;

    /// <inheritdoc/>
    public int? ImagesOf(int index) => _classes[index / _rotations].Pixels.Length / (Height * Width * Channels);

    /// <inheritdoc/>
    public void Copy(int index, long image, Span<float> destination)
    {
        int size = Height * Width * Channels;
        scoped ReadOnlySpan<byte> pixels = _classes[index / _rotations].Pixels.Span.Slice(checked((int)(image * size)), size);
        int turns = index % _rotations;
        if (turns != 0)
        {
            Span<byte> turned = size <= 16384 ? stackalloc byte[size] : new byte[size];
            Turn(pixels, turned, turns);
            pixels = turned;
        }

        TensorPrimitives.ConvertTruncating(pixels, destination);
        TensorPrimitives.MultiplyAdd(destination, _gain, _shift, destination);
    }

    // Walks the target in order; the source moves by a fixed step along each row.
    private void Turn(ReadOnlySpan<byte> pixels, Span<byte> turned, int quarters)
    {
        int side = Width,
            last = side - 1;
        int target = 0;
        for (int y = 0; y < side; y++)
        {
            (int from, int step) = quarters switch
            {
                1 => ((last * side) + y, -side),
                2 => (((last - y) * side) + last, -1),
                _ => (last - y, side),
            };
            for (int x = 0; x < side; x++, from += step)
            {
                for (int channel = 0; channel < Channels; channel++)
                {
                    turned[target++] = pixels[(from * Channels) + channel];
                }
            }
        }
    }
}

/// <summary>One class of images.</summary>
public sealed class ImageClass
{
    private readonly string[] _names;

    /// <summary>Creates a class.</summary>
    /// <param name="name">The name of the class.</param>
    /// <param name="group">The group it belongs to, such as its alphabet; may be empty.</param>
    /// <param name="pixels">The images one after another, each row-major height, width, channel.</param>
    public ImageClass(string name, string group, ReadOnlyMemory<byte> pixels)
    {
        Group = group;
        Pixels = pixels;
        _names = [name, $"{name} turned 90°", $"{name} turned 180°", $"{name} turned 270°"];
    }

    /// <summary>The name of the class.</summary>
    public string Name => _names[0];

    /// <summary>The group that the class belongs to; may be empty.</summary>
    public string Group { get; }

    /// <summary>The images one after another, each row-major height, width, channel.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    // Prepared once, so that sampling allocates nothing.
    internal string NameAt(int quarterTurns) => _names[quarterTurns];
}
