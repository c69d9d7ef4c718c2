namespace FewShot.Methods.Optimizers;

/// <summary>
/// How meta-parameters move along a meta-gradient. One of the five choices that make a method. Holds its state (moments) for one set of
/// parameters; not thread-safe.
/// </summary>
public abstract class Optimizer
{
    /// <summary>Creates the state for a number of values.</summary>
    /// <param name="state">The arrays of the state, by the names that a checkpoint keeps them under.</param>
    protected Optimizer(params IReadOnlyList<(string Name, float[] Values)> state) => State = state;

    /// <summary>The state to save with a checkpoint, by name.</summary>
    public IReadOnlyList<(string Name, float[] Values)> State { get; }

    /// <summary>How many updates were made so far; part of the state.</summary>
    public long Updates { get; set; }

    /// <summary>Moves the values one step against the gradient.</summary>
    /// <param name="values">The parameters, which are changed.</param>
    /// <param name="gradient">The meta-gradient to descend, of the same length.</param>
    /// <param name="rate">The outer step size.</param>
    public void Update(Span<float> values, ReadOnlySpan<float> gradient, double rate)
    {
        Updates++;
        Step(values, gradient, (float)rate);
    }

    /// <summary>The rule itself; <see cref="Updates"/> already counts this step.</summary>
    protected abstract void Step(Span<float> values, ReadOnlySpan<float> gradient, float rate);
}
