using System.Text.Json.Nodes;
using FewShot.Benchmarks;

if (args is ["--serve", .. string[] served])
{
    ProcessContender.Serve(served);
    return 0;
}

Options options;
IReadOnlyList<Workload> chosen;
try
{
    options = Options.Parse(args);
    chosen = Workloads.Choose(options.Names, options.Quick);
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"benchmark: {error.Message}");
    return 2;
}

if (options.Shares)
{
    Workloads.PrintShares();
    return 0;
}

if (options.ShowHelp || options.List)
{
    Console.WriteLine(options.ShowHelp ? Options.Help : Workloads.Listing());
    return 0;
}

string? noPeers = options.WithPeers ? ProcessContender.Missing() : "not asked for";
if (noPeers is not null)
{
    Console.Error.WriteLine($"peers are left out: {noPeers}");
}

var bench = new Bench(options, withPeers: noPeers is null);
var rows = new JsonArray();
if (!options.Json)
{
    Console.WriteLine(Report.Heading);
}

foreach (Workload workload in chosen)
{
    Console.Error.WriteLine($"{workload.Name} ...");
    if (bench.Measure(workload) is not { } row)
    {
        continue;
    }

    rows.Add(row);
    if (!options.Json)
    {
        Console.WriteLine(Report.Text(row));
    }
}

var report = new JsonObject
{
    ["machine"] = Machine.Name,
    ["date"] = Machine.Date,
    ["versions"] = Machine.Versions(noPeers is null),
    ["rows"] = rows,
};
if (options.Json)
{
    Console.WriteLine(report.ToJsonString());
}

if (options.Save)
{
    Console.Error.WriteLine($"saved {Results.Save(report, options.Quick)} and the table beside it");
}

return rows.Count > 0 ? 0 : 1;
