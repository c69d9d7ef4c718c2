using System.Diagnostics;
using FewShot.Data;
using FewShot.Storage;
using FewShot.Tests.Storage;
using FewShot.Training;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>Which exit code an error has, and in whose words it is told.</summary>
public sealed class FailureTests
{
    [Fact]
    public void Only_divergence_is_called_divergence()
    {
        Assert.Equal(ExitCode.Diverged, Failure.CodeOf(new TrainingDivergedException("the loss is NaN")));
        Assert.Equal(ExitCode.Internal, Failure.CodeOf(new InvalidOperationException("a fault of ours")));
    }

    [Fact]
    public void Every_property_that_is_translated_exists()
    {
        Type[] types = [.. typeof(Learner).Assembly.GetExportedTypes(), .. typeof(TaskSources).Assembly.GetExportedTypes()];
        Assert.All(
            OptionNames.Known.Where(name => name.Contains('.', StringComparison.Ordinal)),
            name =>
            {
                // What follows the name is the value it should have.
                string[] parts = name.Split(' ')[0].Split('.');
                Assert.NotNull(types.Single(type => type.Name == parts[0]).GetProperty(parts[1]));
            }
        );
    }

    [Fact]
    public void No_text_of_the_library_names_an_option()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "FewShot.slnx")))
        {
            root = Path.GetDirectoryName(root);
        }

        Assert.SkipWhen(root is null, "the sources are not there");
        string[] named =
        [
            .. from library in new[] { "FewShot", "FewShot.Compute", "FewShot.Data", "FewShot.Reporting" }
            from file in Directory.EnumerateFiles(Path.Combine(root!, "src", library), "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            where
                System.Text.RegularExpressions.Regex.IsMatch(line, "throw|Exception|\\+ \\$?\"")
                && System.Text.RegularExpressions.Regex.IsMatch(line, "\"[^\"]*--[a-z]")
            select $"{Path.GetFileName(file)}: {line.Trim()}",
        ];
        Assert.Empty(named);
    }

    [Fact]
    public void An_unknown_vector_level_is_wrong_usage()
    {
        // The level is read once for a process, so it takes one of its own.
        var start = new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, "info"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["FEWSHOT_SIMD"] = "sse9";
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Contains("FEWSHOT_SIMD=sse9 is not a vector level", error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, process.ExitCode);
    }

    [Fact]
    public void A_damaged_or_changed_configuration_or_log_is_a_file_that_cannot_be_read()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"]));
        string config = folder["run/config.json"];
        string log = folder["run/log.jsonl"];
        string good = File.ReadAllText(config);

        File.WriteAllText(config, good.Replace("\"queries\": 5", "\"queries\": 7", StringComparison.Ordinal));
        CommandResult.Refused(ExitCode.Storage, ["config.json", "data.queries was 5, now 7"], "evaluate", "--run", folder["run"]);
        CommandResult.Refused(
            ExitCode.Storage,
            ["config.json", "data.queries was 5, now 7"],
            "train",
            "--out",
            folder["run"],
            "--iterations",
            "30"
        );

        File.WriteAllText(config, good.Replace("\"queries\": 5", "\"queries\": 5, \"queries\": 5", StringComparison.Ordinal));
        CommandResult.Refused(ExitCode.Storage, ["config.json", "twice"], "evaluate", "--run", folder["run"]);

        File.WriteAllText(config, good);
        File.WriteAllBytes(log, [.. "{\"step\":1,\"a\":\""u8, 0xff, .. "\"}\n"u8, .. File.ReadAllBytes(log)]);
        CommandResult.Refused(ExitCode.Storage, ["log.jsonl", "line 1"], "train", "--out", folder["run"], "--iterations", "30");
    }

    [Fact]
    public void A_longer_training_keeps_its_schedule_and_says_so()
    {
        using var folder = new TemporaryFolder();
        CommandResult.Good(Runs.Sinusoid.With("--out", folder["run"], "--schedule", "cosine"));
        CommandResult result = CommandResult.Good("train", "--out", folder["run"], "--iterations", "30");
        Assert.Contains(
            "a schedule of 20 iterations in a training of 30; --schedule-iterations 30 stretches it",
            result.Error,
            StringComparison.Ordinal
        );
        double rate = (double)RunFolder.ReadLog(folder["run"])[^1]["train/outer_rate"]!;
        Assert.Equal(1e-5, rate, 1e-9); // one hundredth of the first, where a cosine over 20 iterations ends
        CommandResult again = CommandResult.Good("train", "--out", folder["run"], "--iterations", "40", "--schedule-iterations", "40");
        Assert.DoesNotContain("a schedule of", again.Error, StringComparison.Ordinal);
    }
}
