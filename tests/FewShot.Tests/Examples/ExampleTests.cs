using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace FewShot.Tests.Examples;

/// <summary>Runs the programs of examples/ with fewer iterations than they have by default.</summary>
public class ExampleTests
{
    [Fact]
    public void Noisy_labels_are_told_from_right_ones()
    {
        string output = Run("NoisyLabels", "30");
        Assert.True(Number(output, @"right label ([\d.]+)") > Number(output, @"a wrong one ([\d.]+)") + 0.2, output);
        Assert.True(Number(output, @"learned weights ([\d.]+) %") > Number(output, @"uniform weights ([\d.]+) %"), output);
    }

    [Fact]
    public void Learned_regularization_strengths_are_better_than_one_for_all()
    {
        string output = Run("RegularizationStrengths", "60");
        Assert.True(Number(output, @"forward mode: first hypergradient within ([\d.e+-]+)") < 1e-3, output);
        Assert.True(
            Number(output, @"implicit[^;]*; validation error [\d.]+, test error ([\d.]+)")
                < Number(output, @"one strength for all.*test error ([\d.]+)"),
            output
        );
    }

    private static double Number(string output, string pattern) =>
        Regex.Match(output, pattern) is { Success: true } match
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"there is no '{pattern}' in: {output}");

    private static string Run(string example, string argument)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "..", "..", example, "release", example + ".dll");
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [program, argument]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), output);
        Assert.True(process.ExitCode == 0, output + errors.Result);
        return output;
    }
}
