using System.Numerics.Tensors;

namespace FewShot.Running;

/// <summary>Measures of answers.</summary>
internal static class Accuracy
{
    /// <summary>The share of right answers among logits [n, classes]; NaN logits are wrong answers.</summary>
    public static double Of(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classes)
    {
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            int best = TensorPrimitives.IndexOfMax(row);
            right += best == labels[i] && !float.IsNaN(row[best]) ? 1 : 0;
        }

        return (double)right / labels.Length;
    }

    /// <summary>Mean cross-entropy of logits [n, classes], in nats.</summary>
    public static double CrossEntropy(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classes)
    {
        double sum = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            float max = TensorPrimitives.Max(row);
            double exponentials = 0;
            foreach (float logit in row)
            {
                exponentials += Math.Exp(logit - max);
            }

            sum += max + Math.Log(exponentials) - row[labels[i]];
        }

        return sum / labels.Length;
    }

    /// <summary>Mean of squared differences.</summary>
    public static double MeanSquaredError(ReadOnlySpan<float> predictions, ReadOnlySpan<float> targets)
    {
        double sum = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            double difference = (double)predictions[i] - targets[i];
            sum += difference * difference;
        }

        return sum / targets.Length;
    }
}
