namespace FewShot.Data;

/// <summary>
/// Named classes of images of one size, from which <see cref="ImageTasks"/> draws tasks. Implementations are safe for concurrent use.
/// </summary>
public interface IImagePool
{
    /// <summary>Rows of every image.</summary>
    int Height { get; }

    /// <summary>Columns of every image.</summary>
    int Width { get; }

    /// <summary>Channels of every image.</summary>
    int Channels { get; }

    /// <summary>How many classes there are.</summary>
    int Count { get; }

    /// <summary>The name of a class.</summary>
    /// <param name="index">The class, from 0.</param>
    string NameOf(int index);

    /// <summary>The group a class belongs to, such as its alphabet; empty where there are no groups.</summary>
    /// <param name="index">The class, from 0.</param>
    string GroupOf(int index);

    /// <summary>
    /// How many images a class has, or null where they are made on demand: then every number of an image is a different image.
    /// </summary>
    /// <param name="index">The class, from 0.</param>
    int? ImagesOf(int index);

    /// <summary>Writes one image, row-major height, width, channel.</summary>
    /// <param name="index">The class, from 0.</param>
    /// <param name="image">The image, from 0.</param>
    /// <param name="destination">Receives height × width × channels numbers.</param>
    void Copy(int index, long image, Span<float> destination);
}
