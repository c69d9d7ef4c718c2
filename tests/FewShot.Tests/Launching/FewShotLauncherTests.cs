using System.Diagnostics;
using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// Runs the real <c>./fewshot</c> in a small copy of the repository with a stand-in for the command <c>dotnet</c> that counts its calls: what is tested is
/// when the launcher builds and what it says, not the building.
/// </summary>
public sealed class FewShotLauncherTests : IDisposable
{
    private readonly TemporaryFolder root = new();

    public FewShotLauncherTests()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "the launcher needs bash");
        Directory.CreateDirectory(root["src/FewShot.Cli"]);
        Directory.CreateDirectory(root["bin"]);
        Directory.CreateDirectory(root["tools"]);
        foreach (var tool in new[] { "dirname", "readlink" })
        {
            File.CreateSymbolicLink(root[$"tools/{tool}"], $"/usr/bin/{tool}");
        }

        File.Copy(Path.Combine(Repository.Root, "fewshot"), root["fewshot"]);
        File.WriteAllText(root["src/FewShot.Cli/Program.cs"], "");
        StandIn("sleep 0.3; mkdir -p \"$root/artifacts/bin/FewShot.Cli/release\"; touch \"$root/artifacts/bin/FewShot.Cli/release/FewShot.Cli.dll\"");
    }

    public void Dispose() => root.Dispose();

    [Fact]
    public void BuildsOnceThenRunsWithTheArgumentsAndTheStatusOfTheProgram()
    {
        var first = Launch("train", "two words");
        Assert.Equal(7, first.Status);
        Assert.Equal("ran: [train] [two words]\n", first.Output);
        Assert.Equal("fewshot: building (once; takes half a minute)\n", first.Error);
        var second = Launch("again");
        Assert.Equal(("ran: [again]\n", ""), (second.Output, second.Error));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public void BuildsAgainWhenASourceFileChangesOrVanishes()
    {
        Launch();
        File.WriteAllText(root["src/FewShot.Cli/Program.cs"], "changed");
        Launch();
        Assert.Equal(2, Builds());
        File.Delete(root["src/FewShot.Cli/Program.cs"]);
        Launch();
        Assert.Equal(3, Builds());
        Launch();
        Assert.Equal(3, Builds());
    }

    [Fact]
    public void LaunchesAtTheSameTimeBuildOnce()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "the command flock is missing");
        Process[] processes = [.. Enumerable.Range(0, 4).Select(_ => Start(withDotnet: true, []))];
        Assert.All(processes, process => Assert.Equal(7, Finish(process).Status));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public void AFailedBuildShowsItsMessagesAndIsTriedAgain()
    {
        StandIn("echo 'Program.cs(1,1): error CS1002'; exit 1");
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var result = Launch();
            Assert.Equal(1, result.Status);
            Assert.Empty(result.Output);
            Assert.Contains("error CS1002", result.Error);
            Assert.Contains("fewshot: the build failed", result.Error);
            Assert.Equal(attempt, Builds());
        }
    }

    [Fact]
    public void AMissingOrOldSdkIsExplained()
    {
        var missing = Finish(Start(withDotnet: false, []));
        Assert.Equal(1, missing.Status);
        Assert.Contains("install the .NET 10 SDK from https://", missing.Error);
        StandIn("exit 1", version: "8.0.400");
        Assert.Contains("the .NET 10 SDK is needed, version 8.0.400 was found", Launch().Error);
        Assert.Equal(0, Builds());
    }

    [Fact]
    public void WorksFromAnyFolderAndThroughALink()
    {
        File.CreateSymbolicLink(root["bin/linked"], root["fewshot"]);
        Assert.Equal("ran: [x]\n", Finish(Start(withDotnet: true, ["x"], root["bin/linked"])).Output);
    }

    private void StandIn(string build, string version = "10.0.100")
    {
        var path = root["bin/dotnet"];
        File.WriteAllText(path, $$"""
            #!/bin/bash
            root={{root.Path}}
            case $1 in
                --version) echo {{version}} ;;
                build) echo build >>"$root/calls"; {{build}} ;;
                *) shift; printf 'ran:'; printf ' [%s]' "$@"; echo; exit 7 ;;
            esac

            """);
        Process.Start("chmod", ["+x", path, root["fewshot"]])!.WaitForExit();
    }

    private int Builds() => File.Exists(root["calls"]) ? File.ReadAllLines(root["calls"]).Length : 0;

    private (int Status, string Output, string Error) Launch(params string[] arguments) => Finish(Start(withDotnet: true, arguments));

    private Process Start(bool withDotnet, string[] arguments, string? launcher = null)
    {
        var start = new ProcessStartInfo("/bin/bash", [launcher ?? root["fewshot"], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["PATH"] = withDotnet ? $"{root["bin"]}:/usr/bin:/bin" : root["tools"]; // the system's own folders may hold a real dotnet
        return Process.Start(start)!;
    }

    private static (int Status, string Output, string Error) Finish(Process process)
    {
        using (process)
        {
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
    }
}
