using FewShot.Studies;

// Studies behind claims of the documentation: each writes its table and plots into docs/studies.
//   dotnet run -c Release --project benchmarks/FewShot.Studies -- NAME [FOLDER]
var studies = new Dictionary<string, Action<string>>
{
    ["conflicting-tasks"] = ConflictingTasksStudy.Run,
};

if (args.Length is < 1 or > 2 || !studies.TryGetValue(args[0], out Action<string>? study))
{
    Console.Error.WriteLine($"usage: FewShot.Studies NAME [FOLDER], where NAME is one of {string.Join(", ", studies.Keys)}; FOLDER is docs/studies by default");
    return 2;
}

string folder = args.Length > 1 ? args[1] : Path.Combine("docs", "studies");
Directory.CreateDirectory(folder);
study(folder);
return 0;
