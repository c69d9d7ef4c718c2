using System.Numerics.Tensors;
using FewShot.Compute.Numerics;

namespace FewShot.Methods.Optimizers;

/// <summary>Which optimiser moves the meta-parameters.</summary>
public enum OptimizerKind
{
    /// <summary>The rule of Adam (Kingma 2015).</summary>
    Adam,

    /// <summary>The rule of Adam with decoupled weight decay (Loshchilov 2019).</summary>
    AdamW,

    /// <summary>Gradient descent with momentum.</summary>
    Sgd,
}

/// <summary>How the outer step size changes over training.</summary>
public enum LearningRateSchedule
{
    /// <summary>The step size stays as it is.</summary>
    Constant,

    /// <summary>The step size falls along half a cosine, from the full size to a hundredth of it.</summary>
    Cosine,

    /// <summary>The step size is divided by ten after half and after three quarters of training.</summary>
    Step,
}

/// <summary>The outer update: optimiser, step size, schedule and clipping.</summary>
/// <param name="Optimizer">Which rule moves the meta-parameters; Adam by default.</param>
/// <param name="Rate">The step size at the start, positive; 0.001 by default.</param>
/// <param name="Schedule">How the step size changes over training; constant by default.</param>
/// <param name="Momentum">The momentum of <see cref="OptimizerKind.Sgd"/>, from 0 to below 1; 0.9 by default.</param>
/// <param name="WeightDecay">The weight decay of <see cref="OptimizerKind.AdamW"/>, at least 0; 0.01 by default.</param>
/// <param name="ClipNorm">
/// The Euclidean norm that the meta-gradient is scaled down to where it is larger; 10 by default, 0 for no clipping.
/// </param>
public sealed record OuterOptimizerOptions(
    OptimizerKind Optimizer = OptimizerKind.Adam,
    double Rate = 1e-3,
    LearningRateSchedule Schedule = LearningRateSchedule.Constant,
    double Momentum = 0.9,
    double WeightDecay = 1e-2,
    double ClipNorm = 10
)
{
    /// <summary>The step size at the start, positive.</summary>
    /// <value>0.001 by default.</value>
    public double Rate
    {
        get;
        init => field = Checked(value, value > 0, nameof(Rate), "positive");
    } = Checked(Rate, Rate > 0, nameof(Rate), "positive");

    /// <summary>The momentum of <see cref="OptimizerKind.Sgd"/>, from 0 to below 1.</summary>
    /// <value>0.9 by default.</value>
    public double Momentum
    {
        get;
        init => field = Checked(value, value is >= 0 and < 1, nameof(Momentum), "from 0 to below 1");
    } = Checked(Momentum, Momentum is >= 0 and < 1, nameof(Momentum), "from 0 to below 1");

    /// <summary>The weight decay of <see cref="OptimizerKind.AdamW"/>, at least 0.</summary>
    /// <value>0.01 by default.</value>
    public double WeightDecay
    {
        get;
        init => field = Checked(value, value >= 0, nameof(WeightDecay), "at least 0");
    } = Checked(WeightDecay, WeightDecay >= 0, nameof(WeightDecay), "at least 0");

    /// <summary>The largest Euclidean norm of the meta-gradient; 0 for no clipping.</summary>
    /// <value>10 by default.</value>
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
