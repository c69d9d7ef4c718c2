using System.Text.RegularExpressions;
using FewShot.Benchmarks;
using Xunit;

namespace FewShot.Tests.Architecture;

/// <summary>
/// The rooms of the house, read from the sources: a namespace is its folder, the arrows between folders go one way, and no line is longer
/// than a screen.
/// </summary>
public sealed partial class RoomsTests
{
    // Each layer may use those before it, and the other rooms of its own layer where that makes no circle.
    private static readonly string[][] s_layers =
    [
        ["FewShot.Compute.Numerics"],
        ["FewShot.Compute.Graphs"],
        ["FewShot.Compute.Operations"],
        ["FewShot.Compute.Differentiation"],
        ["FewShot.Compute.Simplification", "FewShot.Compute.Simplification.Rules"],
        ["FewShot.Compute.Planning", "FewShot.Compute.Kernels"],
        ["FewShot.Compute.Execution"],
        ["FewShot.Naming", "FewShot.Storage"],
        ["FewShot.Tasks", "FewShot.Models"],
        ["FewShot.Methods"],
        ["FewShot.Running"],
        ["FewShot.Training", "FewShot.Evaluation", "FewShot.Checking", "FewShot.Bilevel"],
        ["FewShot"],
        ["FewShot.Data", "FewShot.Reporting"],
        ["FewShot.Cli"],
    ];

    private static readonly Source[] s_sources =
    [
        .. from project in s_projects
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", project), "*.cs", SearchOption.AllDirectories)
        select new Source(Path.GetRelativePath(Path.Combine(Repository.Root, "src"), path).Replace('\\', '/'), File.ReadAllText(path)),
    ];

    private static string[] s_projects => ["FewShot.Compute", "FewShot", "FewShot.Data", "FewShot.Reporting", "FewShot.Cli"];

    [Fact]
    public void A_namespace_is_its_folder() =>
        Assert.All(
            s_sources.Where(source =>
                source.Namespace is not null && !source.Folder.StartsWith("FewShot.Compute.Operations.", StringComparison.Ordinal)
            ),
            source => Assert.True(source.Namespace == source.Folder, $"{source.Path} is in the namespace {source.Namespace}")
        );

    [Fact]
    public void Arrows_between_rooms_go_one_way() =>
        Assert.All(
            from source in s_sources
            where source.Namespace is not null
            from used in source.Uses
            select (source, used),
            pair =>
                Assert.True(
                    LayerOf(pair.used) <= LayerOf(pair.source.Namespace!),
                    $"{pair.source.Path} uses {pair.used}, which is built on {pair.source.Namespace}"
                )
        );

    [Fact]
    public void No_rooms_go_round_in_a_circle()
    {
        var uses = s_sources
            .Where(source => source.Namespace is not null)
            .GroupBy(source => source.Namespace!)
            .ToDictionary(room => room.Key, room => room.SelectMany(source => source.Uses).Where(used => used != room.Key).ToHashSet());
        foreach (string room in uses.Keys)
        {
            var reached = new HashSet<string>();
            var open = new Stack<string>(uses[room]);
            while (open.TryPop(out string? next))
            {
                if (reached.Add(next) && uses.TryGetValue(next, out HashSet<string>? more))
                {
                    foreach (string far in more)
                    {
                        open.Push(far);
                    }
                }
            }

            Assert.False(reached.Contains(room), $"{room} uses what uses it: look among {string.Join(", ", uses[room])}");
        }
    }

    /// <summary>A type of an enclosing namespace is used without a word, so the facade's are looked for by name.</summary>
    [Fact]
    public void Nothing_below_uses_the_facade()
    {
        string[] facade =
        [
            .. s_sources.Where(source => source.Folder == "FewShot").Select(source => Path.GetFileNameWithoutExtension(source.Path)),
        ];
        Assert.Contains("Learner", facade);
        var name = new Regex($@"(?<![\w.])({string.Join('|', facade)})(?=[\s(<>?.\[;,)])");
        Assert.Empty(
            from source in s_sources
            where source.Namespace is { } space && LayerOf(space) < LayerOf("FewShot")
            let code = Comment().Replace(QuotedText().Replace(source.Text, "\"\""), "")
            let found = name.Match(code)
            where found.Success
            select $"{source.Path}: {found.Value}"
        );
    }

    /// <summary>Lines of raw texts may be longer: a page of styles or a table of splits is no prose.</summary>
    [Fact]
    public void No_line_is_longer_than_140_columns()
    {
        var all = new List<string>();
        foreach (string folder in new[] { "src", "tests", "benchmarks", "examples" })
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            {
                bool raw = false;
                foreach ((int number, string line) in File.ReadAllLines(path).Index())
                {
                    bool within = raw;
                    raw ^= line.Split("\"\"\"").Length % 2 == 0;
                    if (line.Length > 140 && !within)
                    {
                        all.Add($"{path}:{number + 1}");
                    }
                }
            }
        }

        Assert.Empty(all);
    }

    private static int LayerOf(string space)
    {
        for (int layer = s_layers.Length - 1; layer >= 0; layer--)
        {
            if (s_layers[layer].Any(room => space == room || (room != "FewShot" && space.StartsWith(room + ".", StringComparison.Ordinal))))
            {
                return layer;
            }
        }

        throw new InvalidOperationException($"{space} stands in no layer of the house; give it one");
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^using (FewShot[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"""(?:\\.|[^""\\\n])*""")]
    private static partial Regex QuotedText();

    private sealed record Source(string Path, string Text)
    {
        public string Folder { get; } = Path[..Path.LastIndexOf('/')].Replace('/', '.');

        public string? Namespace { get; } = NamespaceLine().Match(Text) is { Success: true } found ? found.Groups[1].Value : null;

        public string[] Uses { get; } = [.. UsingLine().Matches(Text).Select(found => found.Groups[1].Value)];
    }
}
