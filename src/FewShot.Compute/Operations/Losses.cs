using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

public static partial class TensorOperations
{
    /// <summary>The logarithm of the softmax along the last axis, without overflow.</summary>
    public static Tensor LogSoftmax(this Tensor logits)
    {
        if (logits.Shape.Rank == 0)
        {
            throw new ShapeException($"LogSoftmax: needs at least one axis; got {logits.Shape}");
        }

        Shape kept = logits.Shape.With(-1, 1);
        Tensor shifted = logits - logits.StopGradient().Max(-1).Reshape(kept);
        return shifted - shifted.Exp().Sum(-1).Log().Reshape(kept);
    }

    /// <summary>The softmax along the last axis, without overflow.</summary>
    public static Tensor Softmax(this Tensor logits) => logits.LogSoftmax().Exp();

    /// <summary>
    /// The mean cross-entropy of logits [n, classes] against target distributions (one-hot rows) of the same shape; a scalar, in nats.
    /// </summary>
    /// <remarks>
    /// A class whose logit is −∞ is masked: where its target is 0 it adds nothing to the loss or the derivative, elsewhere the loss is ∞.
    /// </remarks>
    public static Tensor CrossEntropy(this Tensor logits, Tensor targets)
    {
        if (logits.Shape != targets.Shape || logits.Shape.Rank != 2)
        {
            throw new ShapeException(
                $"CrossEntropy: needs logits and one-hot targets [n, classes] of one shape; got {logits.Shape} and {targets.Shape}"
            );
        }

        // Zero times the logarithm of zero counts zero. By both factors, so that the derivative by a target of zero stays that of a
        // possible class.
        Tensor logarithms = logits.LogSoftmax();
        Tensor counts = (targets.Absolute() + logarithms.Exp()).Step();
        return (targets * counts.Select(logarithms, logits.Graph.Fill(0, logits.Shape))).Sum() * (-1.0 / logits.Shape[0]);
    }

    /// <summary>The mean of squared differences over all elements; a scalar.</summary>
    public static Tensor MeanSquaredError(this Tensor predictions, Tensor targets) =>
        predictions.Shape != targets.Shape
            ? throw new ShapeException($"MeanSquaredError: shapes differ; got {predictions.Shape} and {targets.Shape}")
            : (predictions - targets).Square().Mean();

    /// <summary>
    /// The logarithm of the mean of squared differences; a scalar. Computed of differences divided by the largest, so that it is right
    /// wherever the differences themselves are numbers, though their squares are not; −∞ where there is no difference, and there the
    /// derivative is zero: nothing is left to descend. As the upper loss of a step-size problem its derivative neither explodes nor
    /// vanishes with the number of steps (Wang 2020, arXiv:2006.16495).
    /// </summary>
    public static Tensor LogMeanSquaredError(this Tensor predictions, Tensor targets)
    {
        if (predictions.Shape != targets.Shape)
        {
            throw new ShapeException($"LogMeanSquaredError: shapes differ; got {predictions.Shape} and {targets.Shape}");
        }

        // The result does not depend on the scale, so neither does its derivative. After holds the quotient together: simplification would
        // take the scale out of sums.
        Tensor difference = predictions - targets;
        Tensor scale = difference.Absolute().Max().StopGradient();

        // Where nothing differs, what is selected has the derivative zero; the other side still has to be a number, or zero times it is
        // none.
        Tensor one = scale.Graph.Fill(1, scale.Shape);
        Tensor divisor = scale.Select(scale, one);
        Tensor mean = scale.Select((difference / divisor).After().Square().Mean(), one);
        return scale.Select(mean.Log() + (divisor.Log() * 2), scale.Graph.Fill(double.NegativeInfinity, scale.Shape));
    }

    /// <summary>The sum of products of corresponding elements; a scalar.</summary>
    public static Tensor Dot(this Tensor a, Tensor b) =>
        a.Shape != b.Shape ? throw new ShapeException($"Dot: shapes differ; got {a.Shape} and {b.Shape}") : (a * b).Sum();
}
