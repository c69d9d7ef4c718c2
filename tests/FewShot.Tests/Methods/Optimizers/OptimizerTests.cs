using FewShot.Methods.Optimizers;
using Xunit;

namespace FewShot.Tests.Methods.Optimizers;

public class OptimizerTests
{
    [Fact]
    public void Momentum_follows_the_hand_computed_values()
    {
        var optimizer = new StochasticGradientDescent(2, momentum: 0.5);
        float[] values = [1, 2];
        optimizer.Update(values, [1, -2], 0.1);
        Assert.Equal([0.9f, 2.2f], values);
        optimizer.Update(values, [1, 0], 0.1);

        // Velocities 0.5·1 + 1 = 1.5 and 0.5·(−2) + 0 = −1.
        Assert.Equal(0.75f, values[0], 1e-6f);
        Assert.Equal(2.3f, values[1], 1e-6f);
    }

    [Fact]
    public void The_first_step_of_adam_has_the_size_of_the_rate()
    {
        float[] values = [0, 0, 0];
        new Adam(3).Update(values, [0.5f, -20, 0], 0.01);
        Assert.Equal(-0.01f, values[0], 1e-7f);
        Assert.Equal(0.01f, values[1], 1e-7f);
        Assert.Equal(0f, values[2]);
    }

    /// <summary>21 values: whole vectors of every width, and a rest.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Adam_follows_the_definition_in_double(double decay)
    {
        const int count = 21;
        var random = new Random(1);
        var optimizer = new Adam(count, new AdamOptions(WeightDecay: decay));
        float[] values = [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
        double[] expected = [.. values.Select(value => (double)value)];
        (double[] m, double[] v) = (new double[count], new double[count]);
        for (int t = 1; t <= 20; t++)
        {
            float[] gradient = [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.3))];
            optimizer.Update(values, gradient, 0.01);
            for (int i = 0; i < count; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * gradient[i]);
                v[i] = (0.999 * v[i]) + (0.001 * gradient[i] * gradient[i]);
                double corrected = m[i] / (1 - Math.Pow(0.9, t)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, t))) + 1e-8);
                expected[i] = (expected[i] * (1 - (0.01 * decay))) - (0.01 * corrected);
            }
        }

        Assert.All(values.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 2e-6));
        Assert.Equal(20, optimizer.Updates);
    }

    [Fact]
    public void A_vector_and_its_elements_one_by_one_move_to_the_same_bits()
    {
        float[] gradient = [.. Enumerable.Range(0, 19).Select(i => (float)Math.Sin(i))];
        float[] together = new float[19];
        new Adam(19).Update(together, gradient, 0.01);
        for (int i = 0; i < 19; i++)
        {
            float[] alone = [0];
            new Adam(1).Update(alone, [gradient[i]], 0.01);
            Assert.Equal(together[i], alone[0]);
        }
    }

    [Fact]
    public void Schedules_have_their_values()
    {
        Assert.Equal(0.1, new OuterOptimizerOptions(Rate: 0.1).RateAt(0.9));
        OuterOptimizerOptions cosine = new OuterOptimizerOptions(Rate: 0.1, Schedule: LearningRateSchedule.Cosine);
        Assert.Equal(0.1, cosine.RateAt(0), 1e-12);
        Assert.Equal(0.1 * 0.505, cosine.RateAt(0.5), 1e-12);
        Assert.Equal(0.001, cosine.RateAt(1), 1e-12);
        Assert.Equal(0.001, cosine.RateAt(2), 1e-12);
        OuterOptimizerOptions step = new OuterOptimizerOptions(Rate: 0.1, Schedule: LearningRateSchedule.Step);
        Assert.Equal(
            [0.1, 0.1, 0.01, 0.01, 0.001],
            new[] { 0, 0.49, 0.5, 0.74, 0.75 }.Select(progress => Math.Round(step.RateAt(progress), 12))
        );
    }

    [Fact]
    public void Clipping_scales_down_to_the_norm_and_tells_the_norm_before()
    {
        float[] gradient = [3, 4];
        Assert.Equal(5, new OuterOptimizerOptions(ClipNorm: 1).Clip(gradient), 1e-6);
        Assert.Equal(0.6f, gradient[0], 1e-6f);
        Assert.Equal(0.8f, gradient[1], 1e-6f);
        gradient = [3, 4];
        Assert.Equal(5, new OuterOptimizerOptions(ClipNorm: 5).Clip(gradient), 1e-6);
        Assert.Equal(5, new OuterOptimizerOptions(ClipNorm: 0).Clip(gradient), 1e-6);
        Assert.Equal([3f, 4f], gradient);
    }

    [Fact]
    public void Values_that_cannot_be_are_refused()
    {
        Assert.Contains(
            "Rate must be positive",
            Assert.Throws<ArgumentOutOfRangeException>(() => new OuterOptimizerOptions(Rate: 0)).Message
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new OuterOptimizerOptions() with { Rate = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new OuterOptimizerOptions(Momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OuterOptimizerOptions(WeightDecay: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OuterOptimizerOptions() with { ClipNorm = -1 });
    }
}
