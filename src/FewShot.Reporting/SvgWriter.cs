using System.Globalization;
using System.Net;
using System.Text;

namespace FewShot.Reporting;

/// <summary>Builds SVG text: escapes what it is given and writes numbers the same in every culture.</summary>
internal sealed class SvgWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>A coordinate to a hundredth of a pixel: finer is invisible and only makes the file larger.</summary>
    public static string Number(double value)
    {
        double rounded = Math.Round(value, 2);
        return (rounded == 0 ? 0 : rounded).ToString("0.##", CultureInfo.InvariantCulture);
    }

    public static string Escape(string value) => WebUtility.HtmlEncode(value);

    public void Open(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Tag(name, attributes);
        _text.Append('>');
    }

    public void Close(string name) => _text.Append("</").Append(name).Append(">\n");

    public void Element(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Tag(name, attributes);
        _text.Append("/>\n");
    }

    public void Line(string style, double x1, double y1, double x2, double y2) =>
        Element("line", ("class", style), ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)));

    public void Text(double x, double y, string style, string content, string? transform = null)
    {
        if (transform is null)
        {
            Open("text", ("class", style), ("x", Number(x)), ("y", Number(y)));
        }
        else
        {
            Open("text", ("class", style), ("x", Number(x)), ("y", Number(y)), ("transform", transform));
        }

        _text.Append(Escape(content));
        Close("text");
    }

    /// <summary>What a pointer resting on the enclosing element shows and a screen reader says.</summary>
    public void Titled(string content)
    {
        Open("title");
        _text.Append(Escape(content));
        Close("title");
    }

    public void Raw(string markup) => _text.Append(markup);

    public override string ToString() => _text.ToString();

    private void Tag(string name, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(name);
        foreach ((string? key, string? value) in attributes)
        {
            _text.Append(' ').Append(key).Append("=\"").Append(Escape(value)).Append('"');
        }
    }
}
