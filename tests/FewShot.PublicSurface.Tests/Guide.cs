using Xunit;

namespace FewShot.PublicSurface.Tests;

/// <summary>Examples in a text for people that must be code that compiles.</summary>
internal static class Guide
{
    /// <summary>
    /// Every C# example of the text stands, but for white space, its namespace and those it uses, in one of the source files.
    /// </summary>
    public static void AssertCompiled(string text, int examples, params string[] sources)
    {
        string compiled = Squeeze(string.Concat(sources.Select(File.ReadAllText)));
        string[] parts = File.ReadAllText(text).Split("```csharp");
        Assert.Equal(examples + 1, parts.Length);
        Assert.All(
            parts.Skip(1),
            part => Assert.Contains(Squeeze(part[part.IndexOf('\n')..part.IndexOf("```", StringComparison.Ordinal)]), compiled)
        );
    }

    /// <summary>A text without white space, its namespace and those it uses.</summary>
    public static string Squeeze(string text) =>
        string.Concat(
            text.Split('\n')
                .Where(line => !line.TrimStart('/', ' ').StartsWith("using FewShot", StringComparison.Ordinal))
                .Where(line => !line.StartsWith("namespace ", StringComparison.Ordinal))
                .SelectMany(line => line)
                .Where(c => !char.IsWhiteSpace(c))
        );
}
