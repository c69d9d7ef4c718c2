using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Compute.Execution;
using FewShot.Data;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Says what the program runs on.</summary>
internal static class InfoCommand
{
    public static Command Create(Output output)
    {
        var command = new Command("info", "Show the versions, the machine, and the vector instructions in use.");
        command.SetAction(_ =>
        {
            var facts = new JsonObject
            {
                ["version"] = Versions.FewShot,
                ["runtime"] = RuntimeInformation.FrameworkDescription,
                ["operatingSystem"] = RuntimeInformation.OSDescription,
                ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
                ["cores"] = Environment.ProcessorCount,
                ["memoryBytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
                ["vectorLevel"] = SimdProgram.VectorLevel,
                ["dataFolder"] = DataFolder.Resolve(null),
            };
            Table table = Format.Table("", "").HideHeaders();
            table.Row("FewShot", Versions.FewShot);
            table.Row("runtime", RuntimeInformation.FrameworkDescription);
            table.Row("system", $"{RuntimeInformation.OSDescription}, {facts["architecture"]}");
            table.Row("cores", $"{Environment.ProcessorCount}");
            table.Row("memory", Format.Bytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
            table.Row("vector instructions", SimdProgram.VectorLevel);
            table.Row("data folder", $"{DataFolder.Resolve(null)}{(Directory.Exists(DataFolder.Resolve(null)) ? "" : " (not there)")}");
            output.Show(table);
            output.Result(facts);
            return ExitCode.Ok;
        });
        return command;
    }
}
