using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Data;
using FewShot.Data.Downloads;
using FewShot.Data.Sources;
using FewShot.Tasks;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Lists, downloads and looks into data sets.</summary>
internal static class DataCommand
{
    // More groups of identical files than this do not help to find the cause; the rest is in the JSON.
    private const int ShownIdentical = 10;

    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation) =>
        new("data", "List, download and look into data sets.")
        {
            List(common, output),
            Get(common, output, cancellation),
            Inspect(common, output),
        };

    private static Command List(CommonOptions common, Output output)
    {
        var command = new Command("list", "List the sources of tasks, and which can be used now.") { common.Data.Root };
        command.SetAction(parse =>
        {
            Table table = Format.Table("source", "what it is", "state");
            var json = new JsonArray();
            foreach (TaskSourceDescriptor source in TaskSources.All)
            {
                SourceState state = source.StateIn(parse.GetValue(common.Data.Root));
                string text = OptionNames.Translate(state.Text);
                table.Row(source.Name, source.Summary, text);
                json.Add(
                    new JsonObject
                    {
                        ["source"] = source.Name,
                        ["summary"] = source.Summary,
                        ["ready"] = state.IsReady,
                        ["state"] = text,
                    }
                );
            }

            output.Show(table);
            output.Result(new JsonObject { ["dataFolder"] = DataFolder.Resolve(parse.GetValue(common.Data.Root)), ["sources"] = json });
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Get(CommonOptions common, Output output, CancellationToken cancellation)
    {
        var name = new Argument<string>("NAME")
        {
            Description = $"One of {string.Join(", ", DownloadableDataset.All.Select(dataset => dataset.Name))}.",
        };
        var command = new Command("get", "Download a data set, check that it is the official one, and go on with a broken download.")
        {
            name,
            common.Data.Root,
        };
        command.SetAction(parse =>
        {
            DownloadableDataset dataset = DownloadableDataset.Find(parse.GetValue(name)!);
            output.Note(dataset.Terms);
            using var downloader = new DatasetDownloader();
            string folder = downloader
                .GetAsync(dataset, parse.GetValue(common.Data.Root), new StatusProgress(output), cancellation)
                .GetAwaiter()
                .GetResult();
            output.Line($"{dataset.Name} is in '{folder}'.");
            output.Result(
                new JsonObject
                {
                    ["name"] = dataset.Name,
                    ["folder"] = folder,
                    ["files"] = Format.Json(dataset.Files.Select(file => file.FileName)),
                }
            );
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Inspect(CommonOptions common, Output output)
    {
        var name = new Argument<string>("SOURCE") { Description = "A source of 'fewshot data list'." };
        Option<string?> sheet = OptionFactory.Text("--sheet", "FILE", "Also write a picture (PNG) of some classes, one row each.");
        Option<int?> classes = OptionFactory.Whole("--classes", "Rows of the picture. [default: 10]", 1);
        var command = new Command("inspect", "Show what a data set holds: classes and examples of each split.")
        {
            name,
            sheet,
            classes,
            common.Split,
            common.Seed,
        };
        common.Data.AddSourceTo(command, name: false);
        command.SetAction(parse =>
        {
            DataSelection data = common.Data.Read(parse, name: parse.GetValue(name)!);
            SourceData read = data.Read();
            DatasetReport report = read.Inspect();
            string? file = parse.GetValue(sheet);
            if (file is not null)
            {
                // Before anything is printed, since it can be refused.
                ContactSheet.Write(
                    file,
                    read,
                    parse.GetValue(common.Split) ?? Split.Test,
                    parse.GetValue(classes) ?? 10,
                    columns: 12,
                    parse.GetValue(common.Seed) ?? 1
                );
            }

            Print(report, output);
            if (file is not null)
            {
                output.Line($"A picture is in '{file}'.");
            }

            output.Result(Json(report));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(DatasetReport report, Output output)
    {
        output.Line(report.Description);
        output.Line($"inputs {string.Join('×', report.InputShape)}");
        Table table = Format.Table("split", "groups", "classes", "examples", "fewest of one class", "most");
        foreach (SplitSummary split in report.Splits)
        {
            table.Row(
                split.Split.ToString().ToLowerInvariant(),
                split.Groups == 0 ? "" : Format.Count(split.Groups),
                split.Classes == 0 ? "" : Format.Count(split.Classes),
                split.Examples is { } examples ? Format.Count(examples) : "unlimited",
                split.FewestExamples?.ToString(CultureInfo.InvariantCulture) ?? "unlimited",
                split.MostExamples?.ToString(CultureInfo.InvariantCulture) ?? "unlimited"
            );
        }

        output.Show(table);
        foreach (IdenticalImages same in report.Identical.Take(ShownIdentical))
        {
            output.Line(
                $"identical files{(same.AcrossSplits ? " in several splits" : same.AcrossClasses ? " in several classes" : "")}: "
                    + string.Join(", ", same.Images.Select(image => $"{image.File} ({Name(image.Split)})"))
            );
        }

        if (report.Identical.Count > ShownIdentical)
        {
            output.Line($"and {Format.Count(report.Identical.Count - ShownIdentical)} more groups of identical files; --json lists all");
        }
    }

    private static string Name(Split split) => split.ToString().ToLowerInvariant();

    private static JsonObject Json(DatasetReport report) =>
        new()
        {
            ["source"] = report.Name,
            ["description"] = report.Description,
            ["inputShape"] = new JsonArray([.. report.InputShape.Select(size => (JsonNode?)size)]),
            ["splits"] = new JsonArray([
                .. report.Splits.Select(split =>
                    (JsonNode?)
                        new JsonObject
                        {
                            ["split"] = split.Split.ToString().ToLowerInvariant(),
                            ["groups"] = split.Groups,
                            ["classes"] = split.Classes,
                            ["examples"] = split.Examples,
                            ["fewestExamples"] = split.FewestExamples,
                            ["mostExamples"] = split.MostExamples,
                        }
                ),
            ]),
            ["identical"] = new JsonArray([
                .. report.Identical.Select(same =>
                    (JsonNode?)
                        new JsonArray([
                            .. same.Images.Select(image =>
                                (JsonNode?)
                                    new JsonObject
                                    {
                                        ["file"] = image.File,
                                        ["class"] = image.ClassName,
                                        ["split"] = Name(image.Split),
                                    }
                            ),
                        ])
                ),
            ]),
        };

    // Progress<T> would report on other threads, out of order.
    private sealed class StatusProgress(Output output) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) =>
            output.Status.Update(() =>
                $"{value.FileName}: {Format.Bytes(value.BytesDone)}{(value.BytesTotal is { } total ? $" of {Format.Bytes(total)}" : "")}"
            );
    }
}
