using System.Numerics.Tensors;

namespace FewShot.Methods.Optimizers;

/// <summary>Gradient descent with momentum: u ← μu + g, φ ← φ − ηu.</summary>
/// <param name="count">How many values are moved.</param>
/// <param name="momentum">The momentum μ; 0, the default, is plain gradient descent.</param>
public sealed class StochasticGradientDescent(int count, double momentum = 0) : Optimizer(("velocity", new float[count]))
{
    /// <inheritdoc/>
    protected override void Step(Span<float> values, ReadOnlySpan<float> gradient, float rate)
    {
        Span<float> velocity = State[0].Values;
        TensorPrimitives.MultiplyAdd(velocity, (float)momentum, gradient, velocity);
        TensorPrimitives.MultiplyAdd(velocity, -rate, values, values);
    }
}
