using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// The recipes of CONTRIBUTING.md, put where they say into a copy of the sources, built with the library's own settings, and used from the
/// command line. How many files each touches is what the house promises.
/// </summary>
public sealed class RecipesTests
{
    private const string Heading = "\n## How to add ";

    private static readonly Dictionary<string, int> s_filesTouched = new()
    {
        ["an operation"] = 2, // its file, and a row for a fast loop
        ["a layer"] = 2, // its file, and its name in files
        ["a network"] = 1,
        ["a method"] = 1,
        ["an adaptation"] = 3, // its file, its row, and its name in files
        ["an option of methods"] = 1,
        ["a data source"] = 2, // its file, and its row
    };

    [Fact]
    public void Each_recipe_of_the_guide_touches_as_few_files_as_promised_and_works()
    {
        using var folder = new TemporaryFolder();
        string copy = folder["house"];
        CopySources(copy);
        string[] sections = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md")).Split(Heading)[1..];
        Assert.Equal(s_filesTouched, sections.ToDictionary(section => section[..section.IndexOf('\n')], section => Apply(section, copy)));

        (int status, string output) = Dotnet.Run(
            copy,
            ["build", Path.Combine("src", "FewShot.Cli"), "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false"]
        );
        Assert.True(status == 0, output);

        Assert.Contains("scaled-means", Good("methods"));
        Assert.Contains("anil++", Good("methods"));
        Assert.Contains("--shrinkage", Good("train", "--help"));
        Assert.Contains("conv4|gained|mlp", Good("train", "--help"));
        Assert.Contains("lines", Good("data", "list"));
        Good("check", "--method", "scaled-means");
        Good("check", "--method", "anil++");
        Good([
            .. (string[])["train", "--method", "scaled-means", "--shrinkage", "0.2", "--model", "gained", "--hidden", "16"],
            .. (string[])["--data", "glyphs", "--queries", "3", "--iterations", "5", "--out", folder["glyphs"]],
        ]);
        Assert.Contains("\"shrinkage\": 0.2", File.ReadAllText(Path.Combine(folder["glyphs"], "config.json")));
        Good("evaluate", "--run", folder["glyphs"], "--episodes", "10");
        Good("train", "--data", "lines", "--steep", "--iterations", "5", "--inner-rate", "0.001", "--out", folder["lines"]);
        (status, output) = Command("train", "--method", "maml", "--shrinkage", "0.2", "--iterations", "1", "--out", folder["refused"]);
        Assert.Equal(2, status);
        Assert.Contains("method maml scales no features; scaled-means does", output);

        string Good(params string[] arguments)
        {
            (int code, string text) = Command(arguments);
            Assert.True(code == 0, text);
            return text;
        }

        (int Status, string Output) Command(params string[] arguments) =>
            Dotnet.Run(folder.Path, [Path.Combine(copy, "artifacts", "bin", "FewShot.Cli", "release", "FewShot.Cli.dll"), .. arguments]);
    }

    /// <summary>Puts the examples of one recipe into the copy.</summary>
    /// <returns>How many files it touches.</returns>
    private static int Apply(string section, string copy)
    {
        var touched = new HashSet<string>();
        string[] fences = section.Split("```");
        for (int i = 1; i < fences.Length; i += 2)
        {
            (string first, string code) = (fences[i][..fences[i].IndexOf('\n')], fences[i][(fences[i].IndexOf('\n') + 1)..]);
            string[] words = first.Split(' ', 4);
            string path = Path.Combine(copy, words[1]);
            touched.Add(path);
            if (words.Length == 2)
            {
                Assert.False(File.Exists(path), $"{words[1]} is there already");
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, code);
                continue;
            }

            Assert.Equal("before", words[2]);
            List<string> lines = File.ReadAllLines(path).ToList();
            int place = lines.FindIndex(line => line.TrimStart().StartsWith(words[3], StringComparison.Ordinal));
            Assert.True(place >= 0, $"{words[1]} has no line that begins with '{words[3]}'");
            lines.InsertRange(place, code.TrimEnd('\n').Split('\n'));
            File.WriteAllLines(path, lines);
        }

        return touched.Count;
    }

    private static void CopySources(string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (
            string name in new[]
            {
                ".editorconfig",
                "global.json",
                "Directory.Build.props",
                "Directory.Build.targets",
                "Directory.Packages.props",
            }
        )
        {
            File.Copy(Path.Combine(Repository.Root, name), Path.Combine(copy, name));
        }

        string sources = Path.Combine(Repository.Root, "src");
        foreach (string path in Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(copy, "src", Path.GetRelativePath(sources, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }
}
