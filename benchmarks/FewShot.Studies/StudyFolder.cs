using System.Globalization;
using FewShot.Benchmarks;
using FewShot.Reporting;

namespace FewShot.Studies;

/// <summary>Where a study puts what it finds.</summary>
internal sealed class StudyFolder
{
    private readonly string _path;

    /// <param name="path">The folder; null for docs/studies of the checkout.</param>
    public StudyFolder(string? path) =>
        _path = Directory.CreateDirectory(path ?? Path.Combine(Repository.Root, "docs", "studies")).FullName;

    public void Save(string name, Chart chart)
    {
        chart.Save(Path.Combine(_path, name + ".svg"));
        Console.WriteLine($"wrote {Path.Combine(_path, name + ".svg")}");
    }

    /// <summary>Writes a table, and shows it.</summary>
    public void Save(string name, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        string[] lines = [Line(headers), Line(headers.Select((_, i) => i == 0 ? "---" : "---:")), .. rows.Select(Line)];
        Save(name, string.Join('\n', lines) + "\n");

        static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
    }

    /// <summary>Writes a page, and shows it.</summary>
    public void Save(string name, string page)
    {
        File.WriteAllText(Path.Combine(_path, name + ".md"), page);
        Console.WriteLine(page);
    }

    public static string Scientific(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);

    public static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
