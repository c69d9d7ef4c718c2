using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>A loop of multiply-adds that touches no memory: what benchmarks divide by.</summary>
internal static class PeakLoop
{
    private const int Accumulators = 12;

    public static void Write(SourceText text, VectorWidth width)
    {
        string[] names = Enumerable.Range(0, Accumulators).Select(i => $"sum{i}").ToArray();
        text.Line($"public const int PeakFlopsPerIteration = {2 * Accumulators * width.Floats};");
        text.Line(LoopsClass.Method);
        text.Open("public static float Peak(long iterations, float scale)");
        text.Line($"var left = {width.Broadcast("scale")};");
        text.Line($"var right = {width.Broadcast("1e-9f")};");
        text.Line($"{width.Type}<float> {string.Join(", ", names.Select(name => $"{name} = {width.Zero}"))};");
        text.Open("for (long i = 0; i < iterations; i++)");
        foreach (string? name in names)
        {
            text.Line($"{name} = {width.MultiplyAdd("left", "right", name)};");
        }

        text.Close();
        text.Line($"return {width.Type}.Sum({string.Join(" + ", names)});");
        text.Close();
    }
}
