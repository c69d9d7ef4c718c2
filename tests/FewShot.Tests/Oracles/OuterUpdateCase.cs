using System.Text.Json.Nodes;
using FewShot.Compute.Numerics;
using FewShot.Methods.Optimizers;
using FewShot.Storage;

namespace FewShot.Tests.Oracles;

/// <summary>An optimiser with its schedule and clipping, over a training of random gradients.</summary>
internal sealed class OuterUpdateCase(OuterOptimizerOptions update) : OracleCase
{
    private const int Updates = 40;

    /// <summary>No multiple of a vector's length, so that the rest is compared as well.</summary>
    private const int Count = 37;

    /// <inheritdoc/>
    public override string Name =>
        $"{update.Optimizer}, {update.Schedule} schedule{(update.ClipNorm > 0 ? $", clipped to {update.ClipNorm}" : "")}";

    /// <summary>Each optimiser under each schedule, clipped and not.</summary>
    public static IReadOnlyList<OuterUpdateCase> All() =>
        [
            .. from optimizer in Enum.GetValues<OptimizerKind>()
            from schedule in Enum.GetValues<LearningRateSchedule>()
            from clip in (double[])[0, 5]
            select new OuterUpdateCase(new OuterOptimizerOptions(optimizer, 0.02, schedule, Momentum: 0.8, WeightDecay: 0.1, clip)),
        ];

    /// <inheritdoc/>
    public override JsonObject ToJson() =>
        new()
        {
            ["kind"] = "optimizer",
            ["optimizer"] = update.Optimizer.ToString(),
            ["schedule"] = update.Schedule.ToString(),
            ["rate"] = update.Rate,
            ["momentum"] = update.Momentum,
            ["weightDecay"] = update.WeightDecay,
            ["clipNorm"] = update.ClipNorm,
        };

    /// <inheritdoc/>
    public override IEnumerable<StoredTensor> Given() =>
        [new("values", [Count], Draw(1, Count)), new("gradients", [Updates, Count], Draw(2, Updates * Count))];

    /// <summary>The largest difference of a value after any update.</summary>
    public double Compare(Func<string, double[]> oracle)
    {
        float[] values = Draw(1, Count);
        float[] gradients = Draw(2, Updates * Count);
        Optimizer optimizer = update.Create(Count);
        var path = new List<float>();
        for (int i = 0; i < Updates; i++)
        {
            Span<float> gradient = gradients.AsSpan(i * Count, Count);
            update.Clip(gradient);
            optimizer.Update(values, gradient, update.RateAt((double)i / Updates));
            path.AddRange(values);
        }

        return LargestDifference([.. path.Zip(oracle("path"), (found, right) => ((double)found, right))]);
    }

    private static float[] Draw(uint stream, int count)
    {
        var random = new CounterRandom(5, stream, 0);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextNormal())];
    }
}
