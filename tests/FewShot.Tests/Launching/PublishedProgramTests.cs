using System.Diagnostics;
using System.Globalization;
using FewShot.Benchmarks;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// A small program that loads a learner, adapts and predicts, published trimmed and as native code, answers as it does when compiled at run
/// time.
/// </summary>
public sealed class PublishedProgramTests
{
    // A native program may not generate code and runs its loops by definitions, which round in another order.
    private const double Rounding = 1e-5;

    [Theory]
    [InlineData("trimmed", "dynamic")]
    [InlineData("native", "native")]
    public void A_published_program_answers_as_one_compiled_at_run_time(string form, string code)
    {
        using var folder = new TemporaryFolder();
        LearnerSpecification specification = new()
        {
            Method = "maml",
            Network = "conv4",
            Channels = 4,
            InputShape = [16, 16, 1],
            Outputs = 3,
            InnerSteps = 2,
        };
        Model network = specification.CreateModel();
        var learner = new Learner(specification, ParameterSet.Initialize(specification.CreateMethod().MetaParameters(network), 1));
        learner.Save(folder["learner"]);
        using AdaptedModel model = learner.Adapt(Numbers(6 * 256, 1), [0, 0, 1, 1, 2, 2]);
        float[] expected = model.Predict(Numbers(4 * 256, 2));

        string project = Path.Combine(Repository.Root, "tests", "PublishedProgram");
        (int status, string output) = Run(
            "dotnet",
            "publish",
            project,
            "-c",
            "Release",
            "--use-current-runtime",
            $"-p:Published={form}",
            "-o",
            folder["out"],
            "-v",
            "quiet",
            "-nologo",
            "-nodeReuse:false"
        );
        string? missing =
            status == 0
                ? null
                : output
                    .Split('\n')
                    .FirstOrDefault(line =>
                        line.Contains("error NU", StringComparison.Ordinal)
                        || line.Contains("Platform linker", StringComparison.Ordinal)
                        || line.Contains("NETSDK1094", StringComparison.Ordinal)
                    );
        if (missing is not null)
        {
            Assert.Skip(
                $"publishing a {form} program needs the runtime's packages from NuGet, and a native one a C linker: {missing.Trim()}"
            );
        }

        Assert.True(status == 0, output);
        (status, string answer) = Run(
            Path.Combine(folder["out"], OperatingSystem.IsWindows() ? "PublishedProgram.exe" : "PublishedProgram"),
            folder["learner"],
            folder["model"]
        );
        Assert.True(status == 0, answer);
        string[] lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(code, lines[0].Trim());
        float[] answers = [.. lines[1].Split(' ').Select(value => float.Parse(value, CultureInfo.InvariantCulture))];
        Assert.Equal(expected.Length, answers.Length);
        Assert.All(expected.Zip(answers), pair => Assert.Equal(pair.First, pair.Second, code == "dynamic" ? 0 : Rounding));
    }

    private static float[] Numbers(int count, int seed) =>
        [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin((i * 0.7) + (seed * 13)))];

    private static (int Status, string Output) Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
