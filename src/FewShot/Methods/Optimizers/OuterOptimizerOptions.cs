using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Optimizers;

/// <summary>Which optimiser moves the meta-parameters.</summary>
public enum OptimizerKind
{
    /// <summary>Adam (Kingma 2015).</summary>
    Adam,

    /// <summary>Adam with decoupled weight decay (Loshchilov 2019).</summary>
    AdamW,

    /// <summary>Gradient descent with momentum.</summary>
    Sgd,
}

/// <summary>How the outer step size changes over training.</summary>
public enum LearningRateSchedule
{
    /// <summary>It does not.</summary>
    Constant,

    /// <summary>Half a cosine, from the full size to a hundredth of it.</summary>
    Cosine,

    /// <summary>Divided by ten after half and after three quarters of training.</summary>
    Step,
}

/// <summary>The outer update: optimiser, step size, schedule and clipping.</summary>
/// <param name="Optimizer">The rule.</param>
/// <param name="Rate">Step size at the start.</param>
/// <param name="Schedule">How it changes.</param>
/// <param name="Momentum">Of <see cref="OptimizerKind.Sgd"/>.</param>
/// <param name="WeightDecay">Of <see cref="OptimizerKind.AdamW"/>.</param>
/// <param name="ClipNorm">The meta-gradient is scaled down to at most this Euclidean norm; 0 for no clipping.</param>
public sealed record OuterOptimizerOptions(
    OptimizerKind Optimizer = OptimizerKind.Adam,
    double Rate = 1e-3,
    LearningRateSchedule Schedule = LearningRateSchedule.Constant,
    double Momentum = 0.9,
    double WeightDecay = 1e-2,
    double ClipNorm = 10
)
{
    /// <summary>Step size at the start, positive.</summary>
    public double Rate
    {
        get;
        init => field = Checked(value, value > 0, nameof(Rate), "positive");
    } = Checked(Rate, Rate > 0, nameof(Rate), "positive");

    /// <summary>Of <see cref="OptimizerKind.Sgd"/>, from 0 to below 1.</summary>
    public double Momentum
    {
        get;
        init => field = Checked(value, value is >= 0 and < 1, nameof(Momentum), "from 0 to below 1");
    } = Checked(Momentum, Momentum is >= 0 and < 1, nameof(Momentum), "from 0 to below 1");

    /// <summary>Of <see cref="OptimizerKind.AdamW"/>, at least 0.</summary>
    public double WeightDecay
    {
        get;
        init => field = Checked(value, value >= 0, nameof(WeightDecay), "at least 0");
    } = Checked(WeightDecay, WeightDecay >= 0, nameof(WeightDecay), "at least 0");

    /// <summary>Largest Euclidean norm of the meta-gradient; 0 for no clipping.</summary>
    public double ClipNorm
    {
        get;
        init => field = Checked(value, value >= 0, nameof(ClipNorm), "at least 0");
    } = Checked(ClipNorm, ClipNorm >= 0, nameof(ClipNorm), "at least 0");

    /// <summary>The optimiser with fresh state.</summary>
    internal Optimizer Create(int count) =>
        Optimizer switch
        {
            OptimizerKind.Adam => new Adam(count),
            OptimizerKind.AdamW => new Adam(count, new AdamOptions(WeightDecay: WeightDecay)),
            _ => new StochasticGradientDescent(count, Momentum),
        };

    /// <summary>The step size after a part of training, from 0 to 1.</summary>
    internal double RateAt(double progress) =>
        Schedule switch
        {
            LearningRateSchedule.Cosine => Rate * (0.01 + (0.99 * 0.5 * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1))))),
            LearningRateSchedule.Step => Rate
                * (
                    progress < 0.5 ? 1
                    : progress < 0.75 ? 0.1
                    : 0.01
                ),
            _ => Rate,
        };

    /// <summary>Scales a gradient down to the largest allowed norm; gives its norm before.</summary>
    internal double Clip(Span<float> gradient)
    {
        double norm = Reductions.Norm(gradient);
        if (ClipNorm > 0 && norm > ClipNorm)
        {
            TensorPrimitives.Multiply(gradient, (float)(ClipNorm / norm), gradient);
        }

        return norm;
    }

    private static double Checked(double value, bool holds, string name, string demand) =>
        holds && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be {demand}");
}
