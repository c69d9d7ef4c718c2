namespace FewShot.Tasks.Data;

/// <summary>What some sources need to know beyond the size of a task.</summary>
public sealed record SourceSettings
{
    /// <summary>Rows and columns that the source 'images' resizes to. The default is 32.</summary>
    public int ImageSize
    {
        get;
        init => field = value is >= 1 and <= 1024 ? value : throw new ArgumentOutOfRangeException(nameof(ImageSize), value, "Images are resized to between 1 and 1024 rows and columns.");
    } = 32;

    /// <summary>Whether the source 'images' reads gray instead of colour. The default is false.</summary>
    public bool Gray { get; init; }

    /// <summary>The columns of the source 'table', which needs them.</summary>
    public TableOptions? Table { get; init; }

    /// <summary>Where decoded copies are kept; null is the user's cache folder.</summary>
    public string? CacheFolder { get; init; }
}
