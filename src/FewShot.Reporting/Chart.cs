using FewShot.Storage;

namespace FewShot.Reporting;

/// <summary>How an axis maps numbers to distances.</summary>
public enum AxisScale
{
    /// <summary>Equal differences are equal distances.</summary>
    Linear,

    /// <summary>Equal ratios are equal distances; every number must be positive.</summary>
    Logarithmic,
}

/// <summary>One axis of a chart.</summary>
/// <param name="Label">What it measures, with the unit.</param>
/// <param name="Scale">How the axis maps numbers to distances; linear by default.</param>
public sealed record ChartAxis(string Label, AxisScale Scale = AxisScale.Linear)
{
    /// <summary>Where the axis begins at the latest; null leaves it to the data.</summary>
    /// <value>Null by default.</value>
    public double? Minimum { get; init; }

    /// <summary>Where the axis ends at the earliest; null leaves it to the data.</summary>
    /// <value>Null by default.</value>
    public double? Maximum { get; init; }
}

/// <summary>
/// A chart as data, drawn as scalable vector graphics with no dependency. The drawing follows the reader's light or dark preference, its
/// colours are told apart by people who see colours differently, and it carries a text alternative. Charts are immutable and safe to share.
/// </summary>
public abstract record Chart
{
    private protected Chart(string title) => Title = title;

    /// <summary>The title, drawn above the chart.</summary>
    public string Title { get; }

    /// <summary>The width in pixels at full size.</summary>
    /// <value>720 pixels by default.</value>
    public int Width { get; init; } = 720;

    /// <summary>The height in pixels at full size; bar charts grow with their bars instead.</summary>
    /// <value>400 pixels by default.</value>
    public int Height { get; init; } = 400;

    /// <summary>Draws the chart as one <c>svg</c> element, complete with its styles.</summary>
    /// <exception cref="ArgumentException">
    /// A logarithmic axis was given a number that is not positive; the message names the series.
    /// </exception>
    public abstract string ToSvg();

    /// <summary>Writes the drawing as a file of its own, atomically.</summary>
    /// <param name="path">The file, usually ending in <c>.svg</c>.</param>
    /// <exception cref="Storage.StorageException">The file cannot be written.</exception>
    public void Save(string path) => Storage.AtomicFile.WriteText(path, ToSvg() + "\n");
}
