using System.Text.Json;
using System.Text.Json.Nodes;

namespace FewShot.Benchmarks;

/// <summary>The committed results.</summary>
internal static class Results
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes a report beside those of other days and machines; a file of the same name keeps its rows of other workloads. Gives its path.
    /// </summary>
    public static string Save(JsonObject report, bool quick)
    {
        string path = Path.Combine(
            Repository.Root,
            "benchmarks",
            "results",
            $"{Machine.Date}-{Machine.Slug}{(quick ? "-quick" : "")}.json"
        );
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        JsonArray rows = report["rows"]!.AsArray();
        if (File.Exists(path))
        {
            HashSet<string> measured = [.. rows.Select(Name)];
            foreach (
                JsonNode? row in JsonNode.Parse(File.ReadAllText(path))!["rows"]!.AsArray().Where(row => !measured.Contains(Name(row)))
            )
            {
                rows.Add(row!.DeepClone());
            }
        }

        // In the order of the list, whatever was measured first.
        string[] order = [.. Workloads.All.Select(workload => workload.Name)];
        report["rows"] = new JsonArray([.. rows.Select(row => row!.DeepClone()).OrderBy(row => Array.IndexOf(order, Name(row)))]);
        File.WriteAllText(path, report.ToJsonString(s_indented) + "\n");
        File.WriteAllText(Path.ChangeExtension(path, ".md"), Report.Markdown(report));
        return path;
    }

    private static string Name(JsonNode? row) => row!["workload"]!.GetValue<string>();
}
