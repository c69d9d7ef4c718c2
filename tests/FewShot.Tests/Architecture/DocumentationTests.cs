using System.Text.RegularExpressions;
using System.Xml.Linq;
using FewShot.Benchmarks;
using Xunit;

namespace FewShot.Tests.Architecture;

/// <summary>The words above types and members, read from the sources: sentences that stand alone, and every default named.</summary>
public sealed partial class DocumentationTests
{
    // Elements of a documentation that are read on their own, in a tool tip or a list of members.
    private static readonly string[] s_sentences = ["summary", "param", "typeparam", "returns", "value"];

    // What begins so leans on the sentence before it, which who reads this one alone does not see.
    private static readonly string[] s_leaning = ["Of ", "Its ", "Their ", "Those ", "The same ", "As for ", "As above"];

    private static readonly Documentation[] s_all =
    [
        .. from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        from found in Documentation.In(path)
        select found,
    ];

    private static IEnumerable<(string Where, string Element, string Text)> s_texts =>
        from documentation in s_all
        from element in documentation.Xml.Elements()
        where s_sentences.Contains(element.Name.LocalName)
        select ($"{documentation.Place} {element.Name} {element.Attribute("name")?.Value}", element.Name.LocalName, Plain(element));

    [Fact]
    public void Documentation_is_found() => Assert.True(s_all.Length > 2000, $"only {s_all.Length} documented members were found");

    [Fact]
    public void Documentation_begins_with_a_capital_letter() =>
        AssertNone(text =>
            !(char.IsUpper(text.Text, 0) || (text.Element == "value" && (char.IsDigit(text.Text, 0) || text.Text[0] == '"')))
        );

    [Fact]
    public void Documentation_ends_with_a_full_stop() => AssertNone(text => !text.Text.EndsWith('.'));

    [Fact]
    public void Documentation_is_more_than_two_words() => AssertNone(text => text.Text.Split(' ').Length < 3);

    [Fact]
    public void Documentation_does_not_lean_on_what_stands_before_it() =>
        AssertNone(text => s_leaning.Any(begin => text.Text.StartsWith(begin, StringComparison.Ordinal)));

    [Fact]
    public void Every_option_names_its_default()
    {
        Documentation[] options = [.. s_all.Where(documentation => documentation.IsOption)];
        Assert.True(options.Length > 50, $"only {options.Length} options were found");
        Assert.Empty(options.Where(option => option.Xml.Element("value") is null).Select(option => option.Place));
    }

    private static void AssertNone(Func<(string Where, string Element, string Text), bool> isWrong)
    {
        string[] wrong = [.. from text in s_texts where text.Text.Length == 0 || isWrong(text) select $"{text.Where}: {text.Text}"];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    // References are read as the last part of what they name.
    private static string Plain(XElement element) =>
        Spaces()
            .Replace(
                string.Concat(
                    element
                        .DescendantNodes()
                        .Select(node =>
                            node switch
                            {
                                XText text => text.Value,
                                XElement { Name.LocalName: "see" or "seealso" } see => see.Attribute("cref")?.Value.Split('.')[^1],
                                XElement { Name.LocalName: "paramref" or "typeparamref" } reference => reference.Attribute("name")?.Value,
                                _ => null,
                            }
                        )
                ),
                " "
            )
            .Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    /// <summary>The documentation of one type or member, and whether that is an option: what a public record of options has set.</summary>
    private sealed partial record Documentation(string Place, XElement Xml, bool IsOption)
    {
        public static IEnumerable<Documentation> In(string path)
        {
            string[] lines = File.ReadAllLines(path);
            string place = Path.GetRelativePath(Repository.Root, path);
            bool inOptions = false;
            for (int i = 0; i < lines.Length; i++)
            {
                if (TypeHead().Match(lines[i]) is { Success: true } type)
                {
                    inOptions = type.Groups["options"].Success && type.Groups[1].Value == "public";
                }

                if (!IsDocumentation(lines[i]))
                {
                    continue;
                }

                int first = i;
                while (IsDocumentation(lines[i + 1]))
                {
                    i++;
                }

                int member = i + 1;
                while (lines[member].TrimStart().StartsWith('['))
                {
                    member++;
                }

                string xml = string.Join('\n', lines[first..(i + 1)].Select(line => line.TrimStart()[3..]));
                yield return new Documentation(
                    $"{place}:{first + 1}",
                    XElement.Parse($"<member>{xml}</member>", LoadOptions.PreserveWhitespace),
                    inOptions && IsSettable(lines, member)
                );
            }
        }

        private static bool IsDocumentation(string line) => line.TrimStart().StartsWith("///", StringComparison.Ordinal);

        // A property with an accessor 'init', on its own line or among those below it; one that is required has no default.
        private static bool IsSettable(string[] lines, int member) =>
            PublicProperty().IsMatch(lines[member])
            && (
                lines[member].Contains("init;", StringComparison.Ordinal)
                || (
                    lines[member + 1].Trim() == "{"
                    && lines.Skip(member + 2).TakeWhile(line => !line.StartsWith("    }", StringComparison.Ordinal)).Any(Initializes)
                )
            );

        private static bool Initializes(string line) =>
            line.TrimStart() is { } text && (text == "init" || text.StartsWith("init ", StringComparison.Ordinal));

        [GeneratedRegex(@"^(public|internal|file) [\w ]*\b(class|struct|interface|enum|record(?<options> \w*Options)?)\b")]
        private static partial Regex TypeHead();

        [GeneratedRegex(@"^    public (?!required )[^(=]+$|^    public (?!required )[^(=]+ \{ get; init; \}")]
        private static partial Regex PublicProperty();
    }
}
