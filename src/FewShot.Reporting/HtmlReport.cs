using System.Net;
using System.Text;
using FewShot.Storage;

namespace FewShot.Reporting;

/// <summary>
/// Writes a report as one HTML page that needs no other file, no script and no network. Everything given as text is shown as text. The
/// parts appear in the order in which they are added.
/// </summary>
public sealed class HtmlReport
{
    // A table of more columns may be broader than the text.
    private const int BroadColumns = 7;

    private readonly StringBuilder _body = new();
    private readonly string _title;

    /// <summary>Begins a report.</summary>
    /// <param name="title">The title of the page.</param>
    /// <param name="subtitle">A line below it: what was run, when and where; or null.</param>
    public HtmlReport(string title, string? subtitle = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(title);
        this._title = title;
        _body.Append("<header><h1>").Append(Text(title)).Append("</h1>");
        if (subtitle is not null)
        {
            _body.Append("<p>").Append(Text(subtitle)).Append("</p>");
        }

        _body.Append("</header>\n");
    }

    /// <summary>Adds a heading.</summary>
    /// <param name="heading">The text of the heading.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport Section(string heading) => Element("h2", heading);

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">The text of the paragraph.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport Paragraph(string text) => Element("p", text);

    /// <summary>Adds a note set off from the text: a condition, a caveat.</summary>
    /// <param name="text">The text of the note.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport Note(string text) => Element("aside", text);

    /// <summary>Adds text whose lines and spaces are kept, such as a command or an image in characters.</summary>
    /// <param name="text">The text to show as it is.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport Preformatted(string text) => Element("pre", text);

    /// <summary>Adds the few numbers that matter most, each large with its name.</summary>
    /// <param name="figures">Names with what to show, such as <c>("accuracy", "98.7 ± 0.3 %")</c>.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport KeyFigures(params IReadOnlyList<(string Name, string Value)> figures)
    {
        _body.Append("<dl class=\"figures\">");
        foreach ((string? name, string? value) in figures)
        {
            _body.Append("<div><dt>").Append(Text(name)).Append("</dt><dd>").Append(Text(value)).Append("</dd></div>");
        }

        _body.Append("</dl>\n");
        return this;
    }

    /// <summary>Adds a table.</summary>
    /// <param name="table">The table to add.</param>
    /// <param name="caption">A line below it, or null.</param>
    /// <returns>The report itself, to add more.</returns>
    /// <exception cref="ArgumentException">A row has more or fewer cells than there are columns.</exception>
    public HtmlReport Table(ReportTable table, string? caption = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        table.Check();
        string[] classes = Enumerable
            .Range(0, table.Headers.Count)
            .Select(column => table.IsNumeric(column) ? " class=\"number\"" : "")
            .ToArray();
        _body
            .Append(table.Headers.Count > BroadColumns ? "<figure class=\"broad\">" : "<figure>")
            .Append("<div class=\"wide\"><table><thead><tr>");
        for (int column = 0; column < table.Headers.Count; column++)
        {
            _body.Append($"<th scope=\"col\"{classes[column]}>{Text(table.Headers[column])}</th>");
        }

        _body.Append("</tr></thead><tbody>\n");
        for (int row = 0; row < table.Rows.Count; row++)
        {
            _body.Append(table.Highlighted.Contains(row) ? "<tr class=\"highlighted\">" : "<tr>");
            for (int column = 0; column < table.Headers.Count; column++)
            {
                _body.Append($"<td{classes[column]}>{Text(table.Rows[row][column])}</td>");
            }

            _body.Append("</tr>\n");
        }

        _body.Append("</tbody></table></div>");
        return Caption(caption);
    }

    /// <summary>Adds a chart.</summary>
    /// <param name="chart">The chart to add.</param>
    /// <param name="caption">A line below it, or null.</param>
    /// <returns>The report itself, to add more.</returns>
    public HtmlReport Chart(Chart chart, string? caption = null)
    {
        ArgumentNullException.ThrowIfNull(chart);
        _body.Append("<figure>").Append(chart.ToSvg());
        return Caption(caption);
    }

    /// <summary>The page as HTML text.</summary>
    public string ToHtml() =>
        $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(_title)}</title>
            <style>
            {HtmlStyle.Sheet}
            </style>
            </head>
            <body>
            <main>
            {_body}</main>
            </body>
            </html>

            """;

    /// <summary>Writes the page, atomically.</summary>
    /// <param name="path">The file, usually ending in <c>.html</c>.</param>
    /// <exception cref="Storage.StorageException">The file cannot be written.</exception>
    public void Save(string path) => Storage.AtomicFile.WriteText(path, ToHtml());

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private HtmlReport Element(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _body.Append($"<{name}>{Text(text)}</{name}>\n");
        return this;
    }

    private HtmlReport Caption(string? caption)
    {
        if (caption is not null)
        {
            _body.Append("<figcaption>").Append(Text(caption)).Append("</figcaption>");
        }

        _body.Append("</figure>\n");
        return this;
    }
}
