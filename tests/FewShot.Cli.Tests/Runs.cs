using FewShot.Storage;

namespace FewShot.Cli.Tests;

/// <summary>Command lines that train something small in a moment.</summary>
internal static class Runs
{
    public static readonly string[] Sinusoid =
    [
        "train",
        "--method",
        "maml",
        "--data",
        "sinusoid",
        "--hidden",
        "8,8",
        "--shots",
        "5",
        "--queries",
        "5",
        "--inner-steps",
        "2",
        "--inner-rate",
        "0.01",
        "--meta-batch",
        "2",
        "--iterations",
        "20",
        "--validate-every",
        "10",
        "--validation-episodes",
        "4",
        "--workers",
        "1",
    ];

    public static readonly string[] Glyphs =
    [
        "train",
        "--method",
        "protonet",
        "--data",
        "glyphs",
        "--channels",
        "4",
        "--queries",
        "3",
        "--norm-statistics",
        "support",
        "--meta-batch",
        "2",
        "--iterations",
        "3",
        "--validation-episodes",
        "4",
        "--workers",
        "1",
    ];

    public static string[] With(this string[] command, params string[] more) => [.. command, .. more];

    /// <summary>A table of lines, one a group: y = slope·x.</summary>
    public static string WriteTable(string path, string? corrupt = null)
    {
        using var writer = new StreamWriter(path);
        writer.WriteLine("line,x,y");
        for (int group = 0; group < 12; group++)
        {
            for (int x = 0; x < 12; x++)
            {
                writer.WriteLine(group == 5 && x == 3 && corrupt is not null ? $"g{group},{corrupt},1" : $"g{group},{x},{(group + 1) * x}");
            }
        }

        return path;
    }

    /// <summary>Makes the checkpoints of a run like those of before, which did not say under which configuration they were made.</summary>
    public static void ForgetConfiguration(string run)
    {
        foreach (string file in new[] { RunFolder.BestPath(run), RunFolder.LatestPath(run) })
        {
            Checkpoint checkpoint = Checkpoint.Read(file);
            (checkpoint with { Metadata = checkpoint.Metadata.Where(entry => entry.Key != "configuration").ToDictionary() }).Write(file);
        }
    }
}
