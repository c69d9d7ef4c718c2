using System.Diagnostics;
using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// Runs the real <c>./fewshot</c> in a small copy of the repository with a stand-in for the command <c>dotnet</c> that counts its calls:
/// what is tested is when the launcher builds and what it says, not the building.
/// </summary>
public sealed class FewShotLauncherTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public FewShotLauncherTests()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "the launcher needs bash");
        Directory.CreateDirectory(_root["src/FewShot.Cli"]);
        Directory.CreateDirectory(_root["bin"]);
        Directory.CreateDirectory(_root["tools"]);
        foreach (string? tool in new[] { "dirname", "readlink" })
        {
            File.CreateSymbolicLink(_root[$"tools/{tool}"], $"/usr/bin/{tool}");
        }

        File.Copy(Path.Combine(Repository.Root, "fewshot"), _root["fewshot"]);
        File.WriteAllText(_root["src/FewShot.Cli/Program.cs"], "");
        StandIn(
            "sleep 0.3; mkdir -p \"$root/artifacts/bin/FewShot.Cli/release\"; touch "
                + "\"$root/artifacts/bin/FewShot.Cli/release/FewShot.Cli.dll\""
        );
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Builds_once_then_runs_with_the_arguments_and_the_status_of_the_program()
    {
        (int Status, string Output, string Error) first = Launch("train", "two words");
        Assert.Equal(7, first.Status);
        Assert.Equal("ran: [train] [two words]\n", first.Output);
        Assert.Equal("fewshot: building (once; takes half a minute)\n", first.Error);
        (int Status, string Output, string Error) second = Launch("again");
        Assert.Equal(("ran: [again]\n", ""), (second.Output, second.Error));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public void Builds_again_when_a_source_file_changes_or_vanishes()
    {
        Launch();
        File.WriteAllText(_root["src/FewShot.Cli/Program.cs"], "changed");
        Launch();
        Assert.Equal(2, Builds());
        File.Delete(_root["src/FewShot.Cli/Program.cs"]);
        Launch();
        Assert.Equal(3, Builds());
        Launch();
        Assert.Equal(3, Builds());
    }

    [Fact]
    public void Launches_at_the_same_time_build_once()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "the command flock is missing");
        Process[] processes = [.. Enumerable.Range(0, 4).Select(_ => Start(withDotnet: true, []))];
        Assert.All(processes, process => Assert.Equal(7, Finish(process).Status));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public void A_failed_build_shows_its_messages_and_is_tried_again()
    {
        StandIn("echo 'Program.cs(1,1): error CS1002'; exit 1");
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            (int Status, string Output, string Error) result = Launch();
            Assert.Equal(1, result.Status);
            Assert.Empty(result.Output);
            Assert.Contains("error CS1002", result.Error);
            Assert.Contains("fewshot: the build failed", result.Error);
            Assert.Equal(attempt, Builds());
        }
    }

    [Fact]
    public void A_missing_or_old_sdk_is_explained()
    {
        (int Status, string Output, string Error) missing = Finish(Start(withDotnet: false, []));
        Assert.Equal(1, missing.Status);
        Assert.Contains("install the .NET 10 SDK from https://", missing.Error);
        StandIn("exit 1", version: "8.0.400");
        Assert.Contains("the .NET 10 SDK is needed, version 8.0.400 was found", Launch().Error);
        Assert.Equal(0, Builds());
    }

    [Fact]
    public void Works_from_any_folder_and_through_a_link()
    {
        File.CreateSymbolicLink(_root["bin/linked"], _root["fewshot"]);
        Assert.Equal("ran: [x]\n", Finish(Start(withDotnet: true, ["x"], _root["bin/linked"])).Output);
    }

    private void StandIn(string build, string version = "10.0.100")
    {
        string path = _root["bin/dotnet"];
        File.WriteAllText(
            path,
            $$"""
            #!/bin/bash
            root={{_root.Path}}
            case $1 in
                --version) echo {{version}} ;;
                build) echo build >>"$root/calls"; {{build}} ;;
                *) shift; printf 'ran:'; printf ' [%s]' "$@"; echo; exit 7 ;;
            esac

            """
        );
        Process.Start("chmod", ["+x", path, _root["fewshot"]])!.WaitForExit();
    }

    private int Builds() => File.Exists(_root["calls"]) ? File.ReadAllLines(_root["calls"]).Length : 0;

    private (int Status, string Output, string Error) Launch(params string[] arguments) => Finish(Start(withDotnet: true, arguments));

    private Process Start(bool withDotnet, string[] arguments, string? launcher = null)
    {
        var start = new ProcessStartInfo("/bin/bash", [launcher ?? _root["fewshot"], .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        // The system's own folders may hold a real dotnet.
        start.Environment["PATH"] = withDotnet ? $"{_root["bin"]}:/usr/bin:/bin" : _root["tools"];
        return Process.Start(start)!;
    }

    private static (int Status, string Output, string Error) Finish(Process process)
    {
        using (process)
        {
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
    }
}
