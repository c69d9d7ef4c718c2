namespace FewShot.Data;

/// <summary>How an <see cref="ImageFolder"/> is read.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>Rows and columns that every image is resized to, from 1 to 1,024.</summary>
    /// <value>The default is 32.</value>
    public int Size
    {
        get;
        init =>
            field = value is >= 1 and <= 1024
                ? value
                : throw new ArgumentOutOfRangeException(nameof(Size), value, "Images are resized to between 1 and 1024 rows and columns.");
    } = 32;

    /// <summary>Whether images are read in gray instead of colour.</summary>
    /// <value>The default is false.</value>
    public bool Gray { get; init; }

    /// <summary>How classes are divided into splits where no folders say it.</summary>
    /// <value>The default is <see cref="ClassDivision.ByHash"/>.</value>
    public ClassDivision Division { get; init; } = ClassDivision.ByHash;

    /// <summary>Names of the classes that a learner was trained on, which are left out of the validation and test splits.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<string> TrainedClasses { get; init; } = [];

    /// <summary>The mean to subtract and the scale to divide by for each channel, as a learner was trained.</summary>
    /// <value>The default is null, which computes it from the training split.</value>
    public ChannelNormalization? Normalization { get; init; }
}
