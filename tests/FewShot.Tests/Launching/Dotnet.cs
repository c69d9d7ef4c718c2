using System.Diagnostics;

namespace FewShot.Tests.Launching;

/// <summary>Runs the command dotnet, or a program by it.</summary>
internal static class Dotnet
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>The exit status, and what it wrote to standard output and standard error.</returns>
    public static (int Status, string Output) Run(string folder, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
