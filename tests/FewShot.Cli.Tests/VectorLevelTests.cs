using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Cli.Tests;

/// <summary>
/// The level of vectors decides bits, and nothing else does: pinned, it gives those of a processor that has no more. It is read once for a
/// process.
/// </summary>
public sealed class VectorLevelTests
{
    private static readonly string[] s_glyphs =
    [
        "train",
        "--method",
        "maml",
        "--data",
        "glyphs",
        "--channels",
        "8",
        "--queries",
        "3",
        "--inner-steps",
        "2",
        "--meta-batch",
        "3",
        "--iterations",
        "3",
        "--validation-episodes",
        "4",
        "--workers",
        "1",
        "--clip",
        "0.001",
    ];

    [Theory]
    [InlineData("avx2", "DOTNET_EnableAVX512", "agreement")]
    [InlineData("avx2", "DOTNET_EnableAVX512", "similarity")]
    [InlineData("vector128", "DOTNET_EnableAVX2", "agreement")]
    public void A_pinned_vector_level_gives_the_bits_of_a_processor_that_has_no_higher_one(string level, string higher, string weighting)
    {
        Assert.SkipUnless(level == "avx2" ? Avx512F.IsSupported : Avx2.IsSupported, $"This processor has no vector level above {level}.");
        using var folder = new TemporaryFolder();
        byte[] pinned = Train(folder["pinned"], weighting, ("FEWSHOT_SIMD", level));
        byte[] switchedOff = Train(folder["off"], weighting, (higher, "0"));
        Assert.Equal(switchedOff, pinned);
    }

    // The numbers of the trained weights, without the description before them.
    private static byte[] Train(string run, string weighting, (string Name, string Value) variable)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [typeof(CommandLine).Assembly.Location, .. s_glyphs, "--weighting", weighting, "--out", run]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[variable.Name] = variable.Value;
        using Process process = Process.Start(start)!;
        Task<string> printed = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == ExitCode.Ok, error + printed.Result);
        byte[] file = File.ReadAllBytes(Path.Combine(run, "latest.safetensors"));
        return file[(8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file))..];
    }
}
