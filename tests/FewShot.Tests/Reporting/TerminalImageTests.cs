using FewShot.Reporting;
using Xunit;

namespace FewShot.Tests.Reporting;

public sealed class TerminalImageTests
{
    [Fact]
    public void Two_pixels_make_a_character() =>
        Assert.Equal(["█▀▄ ", "▀  ▀"], TerminalImage.Render([1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1], 4, 3));

    [Fact]
    public void Grey_tones_span_the_ramp_and_take_no_columns()
    {
        string line = Assert.Single(TerminalImage.Render([0, 1, 2, float.NaN], 2, 2, color: TerminalColor.Gray));
        Assert.Equal("\e[38;5;232;48;5;255m▀\e[38;5;255;48;5;232m▀\e[0m", line);
        Assert.Equal(2, TerminalImage.VisibleWidth(line));
    }

    [Fact]
    public void Shrinking_keeps_the_shape()
    {
        float[] ring = new float[28 * 28];
        for (int y = 0; y < 28; y++)
        {
            for (int x = 0; x < 28; x++)
            {
                ring[(y * 28) + x] = Math.Abs(Math.Sqrt(Math.Pow(x - 13.5, 2) + Math.Pow(y - 13.5, 2)) - 10) < 2 ? 1 : 0;
            }
        }

        IReadOnlyList<string> lines = TerminalImage.Render(ring, 28, 28, columns: 14);
        Assert.Equal(
            ["     ▄▄▄▄     ", "  ▄██▀▀▀▀██▄  ", " ▄█▀      ▀█▄ ", " ██        ██ ", " ▀█▄      ▄█▀ ", "  ▀██▄▄▄▄██▀  ", "     ▀▀▀▀     "],
            lines
        );
    }

    [Fact]
    public void An_even_image_is_empty_or_full()
    {
        Assert.Equal(["  "], TerminalImage.Render([0.5f, 0.5f, 0.5f, 0.5f], 2, 2));
        Assert.Equal(["██"], TerminalImage.Render([1, 1, 1, 1], 2, 2));
    }

    [Fact]
    public void Blocks_stand_beside_each_other_with_their_captions()
    {
        IReadOnlyList<string> a = TerminalImage.Caption(TerminalImage.Render([1, 1, 1, 1, 1, 1], 3, 2, color: TerminalColor.Gray), "a");
        IReadOnlyList<string> b = TerminalImage.Caption(TerminalImage.Render([1, 1, 1, 1, 1, 1, 1, 1], 2, 4), "too long");
        IReadOnlyList<string> lines = TerminalImage.SideBySide([a, b]);
        Assert.Equal(3, lines.Count);
        Assert.EndsWith("\e[0m  ██", lines[0]);
        Assert.Equal(" a   ██", lines[1]);
        Assert.Equal("     t…", lines[2]);
        Assert.Empty(TerminalImage.SideBySide([]));
    }

    [Fact]
    public void A_wrong_number_of_pixels_is_named() =>
        Assert.Contains("2 × 2 has 4 pixels, but 3", Assert.Throws<ArgumentException>(() => TerminalImage.Render([1, 2, 3], 2, 2)).Message);
}
