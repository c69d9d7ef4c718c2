using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>The source 'images': a user's own images, see <see cref="ImageFolder"/>.</summary>
public sealed class ImageFolderSource : TaskSourceDescriptor
{
    internal ImageFolderSource() { }

    /// <summary>The option for <see cref="ImageFolderOptions.Size"/>.</summary>
    public static SourceOption<int> ImageSize { get; } =
        SourceOption.Whole("image-size", "Rows and columns that 'images' are resized to. [default: 32]", 1, 32) with
        {
            IsInEveryFile = true,
        };

    /// <summary>The option for <see cref="ImageFolderOptions.Gray"/>.</summary>
    public static SourceOption<bool> Gray { get; } =
        SourceOption.Switch("gray", "Read 'images' in gray. [default: colour]") with
        {
            IsInEveryFile = true,
        };

    /// <inheritdoc/>
    public override string Name => "images";

    /// <inheritdoc/>
    public override string Summary => "your own images, one folder for each class";

    /// <inheritdoc/>
    public override string Root => "the folder of class folders";

    /// <inheritdoc/>
    public override IReadOnlyList<SourceOption> Options { get; } = [ImageSize, Gray, SourceOption.Division];

    /// <inheritdoc/>
    public override SourceData Open(string? root, SourceSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string folder = RequireRoot(root);
        var options = new ImageFolderOptions
        {
            Size = settings.Get(ImageSize),
            Gray = settings.Get(Gray),
            Division = settings.Get(SourceOption.Division),
            TrainedClasses = settings.TrainedClasses,
            Normalization = (settings.Preparation as ImagePreparation)?.Normalization,
        };
        ImageDataset images = ImageFolder.Open(folder, options);
        var data = new SourceData(images);
        IImagePool? training = images[Split.Train];
        return new SourceData(images)
        {
            Report = () => data.Inspect() with { Identical = ImageFolder.IdenticalIn(folder, options.Division) },
            TrainingClasses = [.. Enumerable.Range(0, training?.Count ?? 0).Select(index => training!.NameOf(index))],
            LeftOut = images.LeftOut,
        };
    }
}
