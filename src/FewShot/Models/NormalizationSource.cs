using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Models;

/// <summary>The statistics one forward pass normalises by, and the record of those it saw.</summary>
public sealed class NormalizationSource
{
    private readonly TensorMap? _given;
    private readonly List<KeyValuePair<string, Tensor>> _seen = [];

    private NormalizationSource(TensorMap? given) => _given = given;

    /// <summary>A source of the mean and variance of the batch that passes.</summary>
    public static NormalizationSource OfBatch() => new(null);

    /// <summary>A source of given means and variances, by the names <see cref="Seen"/> uses.</summary>
    /// <param name="statistics">The means and variances, <c>layer.mean</c> and <c>layer.variance</c>.</param>
    public static NormalizationSource Given(TensorMap statistics) => new(statistics);

    /// <summary>The batch statistics of the pass, <c>layer.mean</c> and <c>layer.variance</c>, whichever were used.</summary>
    public TensorMap Seen => new(_seen.DistinctBy(pair => pair.Key));

    /// <summary>Centres and scales each channel (last axis) to mean 0 and variance 1.</summary>
    internal Tensor Normalize(string layer, Tensor x, double epsilon)
    {
        int[] axes = [.. Enumerable.Range(0, x.Shape.Rank - 1)];
        Tensor batchMean = x.Mean(axes);
        Tensor mean = _given is null ? batchMean : _given[MeanOf(layer)];
        Tensor centred = x - mean;
        Tensor batchVariance = x.Variance(axes);
        _seen.Add(KeyValuePair.Create(MeanOf(layer), batchMean));
        _seen.Add(KeyValuePair.Create(VarianceOf(layer), batchVariance));
        Tensor variance = _given is null ? batchVariance : _given[VarianceOf(layer)];
        return centred * (variance + epsilon).ReciprocalSqrt();
    }

    internal static string MeanOf(string layer) => $"{layer}.mean";

    internal static string VarianceOf(string layer) => $"{layer}.variance";
}
