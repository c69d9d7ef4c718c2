using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FewShot.Reporting;

/// <summary>What a terminal image may use.</summary>
public enum TerminalColor
{
    /// <summary>Block characters alone, each pixel on or off: for files, pipes and terminals without colour.</summary>
    None,

    /// <summary>The 24 grey tones of the 256-colour escape sequences.</summary>
    Gray,
}

/// <summary>
/// Draws grey images as lines of text, two pixels a character: the upper and the lower half block. All functions are pure and make strings
/// only.
/// </summary>
public static partial class TerminalImage
{
    private const string Reset = "\e[0m";

    /// <summary>Draws an image.</summary>
    /// <param name="pixels">Height × width values in rows; 0 is dark and 1 is light, values beyond are clipped and NaN is dark.</param>
    /// <param name="width">The pixels in a row.</param>
    /// <param name="height">The number of rows.</param>
    /// <param name="columns">
    /// How many characters wide to draw it: at most <paramref name="width"/>, the height following; null for full size.
    /// </param>
    /// <param name="color">What the terminal can show.</param>
    /// <returns>The lines, all equally wide.</returns>
    /// <exception cref="ArgumentException">The number of pixels is not width × height, or a size is not positive.</exception>
    public static IReadOnlyList<string> Render(
        ReadOnlySpan<float> pixels,
        int width,
        int height,
        int? columns = null,
        TerminalColor color = TerminalColor.None
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.Length != (long)width * height)
        {
            throw new ArgumentException(
                $"an image of {width} × {height} has {(long)width * height} pixels, but {pixels.Length} were given",
                nameof(pixels)
            );
        }

        int drawnWidth = Math.Min(columns ?? width, width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(drawnWidth, nameof(columns));
        int drawnHeight = Math.Max(1, (int)Math.Round((double)height * drawnWidth / width));
        float[] image = Shrink(pixels, width, height, drawnWidth, drawnHeight);

        // Averaging thins strokes, so without tones the threshold lies halfway between the darkest and the lightest that is left.
        (float darkest, float lightest) = (image.Min(), image.Max());
        float threshold = darkest < lightest ? (darkest + lightest) / 2 : 0.5f;
        string[] lines = new string[(drawnHeight + 1) / 2];
        for (int line = 0; line < lines.Length; line++)
        {
            Span<float> upper = image.AsSpan(2 * line * drawnWidth, drawnWidth);
            Span<float> lower = (2 * line) + 1 < drawnHeight ? image.AsSpan(((2 * line) + 1) * drawnWidth, drawnWidth) : default;
            lines[line] = color == TerminalColor.Gray ? GrayLine(upper, lower) : BlockLine(upper, lower, threshold);
        }

        return lines;
    }

    /// <summary>Puts blocks of lines beside each other, their tops level.</summary>
    /// <param name="blocks">The blocks, such as images with captions.</param>
    /// <param name="gap">The number of spaces between two blocks.</param>
    /// <returns>The lines; spaces at their ends are left out.</returns>
    public static IReadOnlyList<string> SideBySide(IReadOnlyList<IReadOnlyList<string>> blocks, int gap = 2)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        int[] widths = blocks.Select(block => block.Select(VisibleWidth).DefaultIfEmpty(0).Max()).ToArray();
        int height = blocks.Select(block => block.Count).DefaultIfEmpty(0).Max();
        return
        [
            .. Enumerable
                .Range(0, height)
                .Select(line =>
                    string.Join(
                            new string(' ', gap),
                            blocks.Select(
                                (block, index) => line < block.Count ? Pad(block[line], widths[index]) : new string(' ', widths[index])
                            )
                        )
                        .TrimEnd(' ')
                ),
        ];
    }

    /// <summary>Adds a centred line below a block; a text too long for it is cut with an ellipsis.</summary>
    /// <param name="block">The lines of the block.</param>
    /// <param name="caption">The text, of characters one column wide.</param>
    /// <returns>The block with one more line.</returns>
    public static IReadOnlyList<string> Caption(IReadOnlyList<string> block, string caption)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentNullException.ThrowIfNull(caption);
        int width = block.Select(VisibleWidth).DefaultIfEmpty(0).Max();
        string text =
            caption.Length <= width ? caption
            : width > 1 ? caption[..(width - 1)] + "…"
            : "";
        return [.. block, text.PadLeft(text.Length + ((width - text.Length) / 2)).PadRight(width)];
    }

    /// <summary>How many columns a line takes, its colour sequences taking none.</summary>
    /// <param name="line">The line of text.</param>
    public static int VisibleWidth(string line) => ColorSequence().Replace(line, "").Length;

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex ColorSequence();

    private static string Pad(string line, int width) => line + new string(' ', width - VisibleWidth(line));

    // The mean over the area that each drawn pixel covers.
    private static float[] Shrink(ReadOnlySpan<float> pixels, int width, int height, int drawnWidth, int drawnHeight)
    {
        float[] image = new float[drawnWidth * drawnHeight];
        for (int row = 0; row < drawnHeight; row++)
        {
            for (int column = 0; column < drawnWidth; column++)
            {
                (double top, double bottom) = ((double)row * height / drawnHeight, (double)(row + 1) * height / drawnHeight);
                (double left, double right) = ((double)column * width / drawnWidth, (double)(column + 1) * width / drawnWidth);
                double sum = 0.0;
                for (int y = (int)top; y < bottom && y < height; y++)
                {
                    for (int x = (int)left; x < right && x < width; x++)
                    {
                        double area = (Math.Min(bottom, y + 1) - Math.Max(top, y)) * (Math.Min(right, x + 1) - Math.Max(left, x));
                        float value = pixels[(y * width) + x];
                        sum += area * (float.IsNaN(value) ? 0 : Math.Clamp(value, 0f, 1f));
                    }
                }

                image[(row * drawnWidth) + column] = (float)(sum / ((bottom - top) * (right - left)));
            }
        }

        return image;
    }

    private static string BlockLine(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower, float threshold)
    {
        var line = new StringBuilder(upper.Length);
        for (int column = 0; column < upper.Length; column++)
        {
            (bool isUpper, bool isLower) = (upper[column] > threshold, !lower.IsEmpty && lower[column] > threshold);
            line.Append(
                (isUpper, isLower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                }
            );
        }

        return line.ToString();
    }

    // The upper half block's own colour is the upper pixel, its background the lower one.
    private static string GrayLine(ReadOnlySpan<float> upper, ReadOnlySpan<float> lower)
    {
        var line = new StringBuilder();
        string current = "";
        for (int column = 0; column < upper.Length; column++)
        {
            string background = lower.IsEmpty ? "49" : $"48;5;{Tone(lower[column])}";
            string colors = string.Create(CultureInfo.InvariantCulture, $"\e[38;5;{Tone(upper[column])};{background}m");
            if (colors != current)
            {
                line.Append(current = colors);
            }

            line.Append('▀');
        }

        return line.Append(Reset).ToString();
    }

    private static int Tone(float value) => 232 + (int)Math.Round(value * 23);
}
