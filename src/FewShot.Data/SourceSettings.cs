using FewShot.Data.Tables;

namespace FewShot.Data;

/// <summary>What some sources need to know beyond the size of a task.</summary>
public sealed record SourceSettings
{
    /// <summary>Rows and columns that the source 'images' resizes to. The default is 32.</summary>
    public int ImageSize
    {
        get;
        init =>
            field = value is >= 1 and <= 1024
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(ImageSize),
                    value,
                    "Images are resized to between 1 and 1024 rows and columns."
                );
    } = 32;

    /// <summary>Whether the source 'images' reads gray instead of colour. The default is false.</summary>
    public bool Gray { get; init; }

    /// <summary>How classes of 'images' are divided into splits where no folders say it. The default is by hash.</summary>
    /// <value>The default is <see cref="ClassDivision.ByHash"/>.</value>
    public ClassDivision Division { get; init; } = ClassDivision.ByHash;

    /// <summary>
    /// Names of the classes that a learner was trained on: they are left out of the validation and test splits of 'images'. The default is
    /// none.
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<string> TrainedClasses { get; init; } = [];

    /// <summary>
    /// What is subtracted from 'images' and divided by, as a learner was trained; null computes it from the training split.
    /// </summary>
    public ChannelNormalization? Normalization { get; init; }

    /// <summary>The columns of the source 'table', which needs them.</summary>
    public TableOptions? Table { get; init; }

    /// <summary>Where decoded copies are kept; null is the user's cache folder.</summary>
    public string? CacheFolder { get; init; }
}
