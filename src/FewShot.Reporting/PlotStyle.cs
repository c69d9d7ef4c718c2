namespace FewShot.Reporting;

/// <summary>The look shared by all charts, and the estimate of text widths that laying out without a browser needs.</summary>
internal static class PlotStyle
{
    /// <summary>How many colours there are before they repeat.</summary>
    public const int Colours = 8;

    public const double SmallText = 11.5;
    public const double LegendText = 12.5;

    /// <summary>
    /// The style sheet of every chart. It names its own colours for light and dark, so a chart looks right both inside a report and as a
    /// file of its own; its class keeps it from touching a page it is put into.
    /// </summary>
    public const string Sheet = """
        .fs-chart{--ink:#1c2024;--soft:#646b75;--grid:#e6e8ec;--axis:#a9afb8;--paper:#fff;
        --c0:#2563c9;--c1:#d9622b;--c2:#16876a;--c3:#8b50c4;--c4:#b78103;--c5:#c2387f;--c6:#0e8ba8;--c7:#6b7280;
        font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
        @media (prefers-color-scheme:dark){.fs-chart{--ink:#e8eaed;--soft:#a0a7b2;--grid:#2b3038;--axis:#5b6370;--paper:#15181d;
        --c0:#6ea8fe;--c1:#ff9b6a;--c2:#4fd1a5;--c3:#c39bf5;--c4:#e6b93f;--c5:#f783b8;--c6:#55cde8;--c7:#a8b0bd}}
        .fs-chart .s0{--c:var(--c0)}.fs-chart .s1{--c:var(--c1)}.fs-chart .s2{--c:var(--c2)}.fs-chart .s3{--c:var(--c3)}
        .fs-chart .s4{--c:var(--c4)}.fs-chart .s5{--c:var(--c5)}.fs-chart .s6{--c:var(--c6)}.fs-chart .s7{--c:var(--c7)}.fs-chart .neutral{--c:var(--soft)}
        .fs-chart .paper{fill:var(--paper)}
        .fs-chart .heading{fill:var(--ink);font-size:15px;font-weight:600}
        .fs-chart .tick{fill:var(--soft);font-size:11.5px}.fs-chart .end{text-anchor:end}.fs-chart .middle{text-anchor:middle}
        .fs-chart .axis-label{fill:var(--soft);font-size:12.5px;text-anchor:middle}
        .fs-chart .category{fill:var(--ink);font-size:12.5px;text-anchor:end}
        .fs-chart .legend{fill:var(--ink);font-size:12.5px}
        .fs-chart .grid{stroke:var(--grid);stroke-width:1}.fs-chart .axis{stroke:var(--axis);stroke-width:1}
        .fs-chart .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.fs-chart .dashed{stroke-dasharray:5 5}
        .fs-chart .band{fill:var(--c);opacity:.16}
        .fs-chart .marker{fill:var(--c);stroke:var(--paper);stroke-width:1.5}.fs-chart .bar{fill:var(--c)}
        .fs-chart .whisker{stroke:var(--ink);stroke-width:1.25}
        .fs-chart .label,.fs-chart .value{fill:var(--ink);font-size:11.5px;paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
        """;

    /// <summary>About how wide a text is drawn, in pixels: wide enough for the common sans-serif fonts.</summary>
    public static double TextWidth(string text, double size) =>
        size
        * text.Sum(character =>
            character switch
            {
                'i' or 'l' or 'j' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or 'I' => 0.33,
                ' ' or 't' or 'f' or 'r' or '(' or ')' or '-' or '/' => 0.40,
                'm' or 'w' or 'M' or 'W' or '%' or '@' => 0.93,
                >= 'A' and <= 'Z' => 0.70,
                > '\u2e7f' => 1.05,
                _ => 0.61,
            }
        );
}
