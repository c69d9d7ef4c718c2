using System.Numerics;

namespace FewShot.Methods.Optimizers;

/// <summary>Adam (Kingma 2015), with decoupled weight decay on request (AdamW, Loshchilov 2019).</summary>
public sealed class Adam : Optimizer
{
    private readonly AdamOptions _options;

    /// <summary>Creates the optimiser for a number of values.</summary>
    /// <param name="count">How many values are moved.</param>
    /// <param name="options">The constants of the rule; null for the defaults.</param>
    public Adam(int count, AdamOptions? options = null)
        : base(("first_moment", new float[count]), ("second_moment", new float[count])) => _options = options ?? new AdamOptions();

    /// <inheritdoc/>
    protected override void Step(Span<float> values, ReadOnlySpan<float> gradient, float rate)
    {
        Span<float> first = State[0].Values;
        Span<float> second = State[1].Values;
        float beta1 = (float)_options.Beta1;
        float beta2 = (float)_options.Beta2;
        float correction1 = (float)(1 - Math.Pow(_options.Beta1, Updates));
        float correction2 = (float)(1 - Math.Pow(_options.Beta2, Updates));
        float step = rate / correction1;
        float scale = 1 / MathF.Sqrt(correction2);
        float epsilon = (float)_options.Epsilon;
        float keep = 1 - (rate * (float)_options.WeightDecay);

        // Vectors of one length on every machine of an instruction set; the rest one by one, by the same formulas.
        int width = Vector<float>.Count;
        int i = 0;
        for (; i + width <= values.Length; i += width)
        {
            var g = new Vector<float>(gradient[i..]);
            Vector<float> m = (new Vector<float>(first[i..]) * beta1) + (g * (1 - beta1));
            Vector<float> v = (new Vector<float>(second[i..]) * beta2) + (g * g * (1 - beta2));
            m.CopyTo(first[i..]);
            v.CopyTo(second[i..]);
            Vector<float> divisor = (Vector.SquareRoot(v) * scale) + new Vector<float>(epsilon);
            ((new Vector<float>(values[i..]) * keep) - (m * step / divisor)).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            first[i] = (first[i] * beta1) + (gradient[i] * (1 - beta1));
            second[i] = (second[i] * beta2) + (gradient[i] * gradient[i] * (1 - beta2));
            values[i] = (values[i] * keep) - (first[i] * step / ((MathF.Sqrt(second[i]) * scale) + epsilon));
        }
    }
}

/// <summary>The constants of <see cref="Adam"/>.</summary>
/// <param name="Beta1">How much of the first moment an update keeps; 0.9 by default.</param>
/// <param name="Beta2">How much of the second moment an update keeps; 0.999 by default.</param>
/// <param name="Epsilon">What is added to the root of the second moment; 1e-8 by default.</param>
/// <param name="WeightDecay">The decoupled decay, multiplied by the step size; 0, the default, is plain Adam.</param>
public sealed record AdamOptions(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0);
