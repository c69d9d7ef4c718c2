using FewShot.Studies;

// Studies behind claims of the documentation: FewShot.Studies convergence|hypergradient|memory|conflicting-tasks|normalization [--out
// FOLDER] Each writes plots (SVG) and a table (Markdown) into docs/studies, or into the folder given.
var studies = new Dictionary<string, Action<StudyFolder>>
{
    ["hypergradient"] = HypergradientStudy.Run,
    ["convergence"] = ConvergenceStudy.Run,
    ["memory"] = MemoryStudy.Run,
    ["conflicting-tasks"] = ConflictingTasksStudy.Run,
    ["normalization"] = NormalizationStudy.Run,
};
int at = Array.IndexOf(args, "--out");
string? folder = at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
string[] chosen = [.. args.Where((argument, i) => at < 0 || (i != at && i != at + 1))];
if (chosen.Length == 0 || chosen.Any(name => !studies.ContainsKey(name)) || (at >= 0 && folder is null))
{
    Console.Error.WriteLine($"usage: FewShot.Studies {string.Join('|', studies.Keys)} [--out FOLDER]");
    return 2;
}

foreach (string name in chosen)
{
    studies[name](new StudyFolder(folder));
}

return 0;
