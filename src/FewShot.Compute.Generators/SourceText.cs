using System.Text;

namespace FewShot.Compute.Generators;

/// <summary>Indented C# text under construction.</summary>
internal sealed class SourceText
{
    private readonly StringBuilder text = new();
    private int depth;

    public void Line(string line) => text.Append(' ', 4 * depth).Append(line).Append('\n');

    public void Open(string header)
    {
        Line(header);
        Line("{");
        depth++;
    }

    public void Close(string tail = "")
    {
        depth--;
        Line("}" + tail);
    }

    public override string ToString() => text.ToString();
}
