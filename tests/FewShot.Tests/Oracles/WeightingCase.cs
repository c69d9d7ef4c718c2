using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Compute.Numerics;
using FewShot.Methods.Weighting;
using FewShot.Storage;

namespace FewShot.Tests.Oracles;

/// <summary>The weights of a batch of tasks, two of them against the rest.</summary>
internal sealed class WeightingCase(TaskWeightingKind kind, double? temperature = null, double? floor = null) : OracleCase
{
    private const int Tasks = 6;
    private const int Count = 37;

    /// <inheritdoc/>
    public override string Name =>
        $"{kind} weights{(temperature is null ? "" : $", temperature {temperature}")}{(floor is null ? "" : $", floor {floor}")}";

    public static IReadOnlyList<WeightingCase> All() =>
        [
            .. Enum.GetValues<TaskWeightingKind>().Select(kind => new WeightingCase(kind)),
            new(TaskWeightingKind.Agreement, floor: double.NegativeInfinity),
            new(TaskWeightingKind.Agreement, floor: 0.5),
            new(TaskWeightingKind.Similarity, temperature: 0.1),
            new(TaskWeightingKind.Loss, temperature: -2),
        ];

    /// <inheritdoc/>
    public override JsonObject ToJson() =>
        new()
        {
            ["kind"] = "weighting",
            ["weighting"] = kind.ToString(),
            ["temperature"] = temperature,
            ["floor"] = floor?.ToString(CultureInfo.InvariantCulture),
        };

    /// <inheritdoc/>
    public override IEnumerable<StoredTensor> Given()
    {
        (float[] gradients, float[] losses) = Draw();
        return [new("gradients", [Tasks, Count], gradients), new("losses", [Tasks], losses)];
    }

    /// <summary>The largest difference of a weight.</summary>
    public double Compare(Func<string, double[]> oracle)
    {
        (float[] gradients, float[] losses) = Draw();
        float[] weights = new float[Tasks];
        TaskWeighting.Of(kind).With(temperature, floor).Weigh(gradients, losses, weights);
        return LargestDifference([.. weights.Zip(oracle("weights"), (found, right) => ((double)found, right))]);
    }

    private static (float[] Gradients, float[] Losses) Draw()
    {
        var random = new CounterRandom(6, 1, 0);
        double[] common = [.. Enumerable.Range(0, Count).Select(_ => random.NextNormal())];
        float[] gradients = new float[Tasks * Count];
        for (int i = 0; i < gradients.Length; i++)
        {
            gradients[i] = (float)((common[i % Count] * (i / Count < 2 ? -1 : 1)) + random.NextNormal());
        }

        return (gradients, [.. Enumerable.Range(0, Tasks).Select(_ => (float)random.Uniform(0.2, 2))]);
    }
}
