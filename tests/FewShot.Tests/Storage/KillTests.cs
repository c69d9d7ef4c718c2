using System.Diagnostics;
using System.Reflection;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

/// <summary>Kills a real process in the middle of saving, again and again, and looks at what it leaves.</summary>
public sealed class KillTests
{
    private const string FolderVariable = "FEWSHOT_TEST_RUN_FOLDER";
    private const int Values = 1 << 18; // one megabyte each of weights and state: long enough in writing to be hit

    [Fact]
    public void A_kill_at_any_moment_leaves_a_run_that_resumes()
    {
        using var folder = new TemporaryFolder();
        string path = folder["run"];
        var random = new Random(1);
        long reached = 0L;
        for (int trial = 0; trial < 4; trial++)
        {
            using Process child = StartChild(path);
            WaitForCheckpointAfter(path, reached, child);
            Thread.Sleep(random.Next(0, 30));
            child.Kill();
            child.WaitForExit();

            using var run = RunFolder.Open(path, RunFolderTests.Configuration());
            Checkpoint latest = run.Latest!;
            Assert.True(latest.Iteration > reached, "no progress was kept");
            reached = latest.Iteration;
            Assert.False(Assert.Single(latest.Weights).Float32.AsSpan().ContainsAnyExcept(reached), "weights of two iterations are mixed");
            Assert.False(
                Assert.Single(latest.State).Float32.AsSpan().ContainsAnyExcept(-reached),
                "the state is of another iteration than the weights"
            );
            Assert.Equal(Enumerable.Range(1, (int)reached), RunFolder.ReadLog(path).Select(line => (int)line["step"]!));
            Assert.DoesNotContain(Directory.EnumerateFiles(path), AtomicFile.IsLeftover);
        }
    }

    /// <summary>The child's work: it trains, as far as files can tell, until it is killed.</summary>
    [Fact(Explicit = true)]
    public void Save_for_ever()
    {
        string? path = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(path is null, "started by the test that kills it, not by hand");
        using var run = RunFolder.Open(path!, RunFolderTests.Configuration());
        for (long iteration = (run.Latest?.Iteration ?? 0) + 1; ; iteration++)
        {
            run.Report(iteration, [KeyValuePair.Create("loss", 1.0 / iteration)]);
            run.SaveLatest(
                new Checkpoint(
                    iteration,
                    [new StoredTensor("w", [Values], Filled(iteration))],
                    [new StoredTensor("m", [Values], Filled(-iteration))],
                    new Dictionary<string, string>()
                )
            );
        }
    }

    private static float[] Filled(long value)
    {
        float[] values = new float[Values];
        Array.Fill(values, value);
        return values;
    }

    private static Process StartChild(string path)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Assembly.GetExecutingAssembly().Location,
                "-explicit",
                "only",
                "-method",
                $"{typeof(KillTests).FullName}.{nameof(Save_for_ever)}",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[FolderVariable] = path;
        return Process.Start(start)!;
    }

    private static void WaitForCheckpointAfter(string path, long iteration, Process child)
    {
        var patience = Stopwatch.StartNew();
        while (!File.Exists(RunFolder.LatestPath(path)) || Checkpoint.Read(RunFolder.LatestPath(path)).Iteration <= iteration)
        {
            Assert.False(child.HasExited, "the child ended by itself");
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "the child saved nothing in a minute");
            Thread.Sleep(5);
        }
    }
}
