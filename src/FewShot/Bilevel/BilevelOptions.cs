using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;

namespace FewShot.Bilevel;

/// <summary>How a bilevel problem is solved. Values are checked when set.</summary>
public sealed record BilevelOptions
{
    /// <summary>How many steps of gradient descent the lower loss takes in an outer iteration (T), at least 1.</summary>
    /// <value>100 steps by default.</value>
    public int InnerSteps
    {
        get;
        init =>
            field =
                value >= 1
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(InnerSteps), value, "There must be at least 1 inner step.");
    } = 100;

    /// <summary>
    /// The step size of gradient descent on the lower loss (β), positive; it must be below 2/L for a lower loss of curvature at most L.
    /// </summary>
    /// <value>0.1 by default.</value>
    public double InnerRate
    {
        get;
        init =>
            field =
                value > 0 && double.IsFinite(value)
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(InnerRate), value, "The inner step size must be a positive number.");
    } = 0.1;

    /// <summary>Whether the lower level goes on from where the outer iteration before left it; else it starts anew every time.</summary>
    /// <value>True by default.</value>
    public bool WarmStart { get; init; } = true;

    /// <summary>
    /// How the upper loss reaches the upper variables; the solver of an implicit one has the damping for a lower loss that is not convex.
    /// </summary>
    /// <value>Implicit by default, with 20 iterations of conjugate gradients and no damping.</value>
    public Hypergradient Hypergradient { get; init; } = new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(20));

    /// <summary>How the upper variables move: optimiser, step size, schedule and clipping.</summary>
    /// <value>Adam with a step size of 0.01 by default.</value>
    public OuterOptimizerOptions Outer { get; init; } = new(Rate: 1e-2);

    /// <summary>The seed of the first values of the variables.</summary>
    /// <value>1 by default.</value>
    public ulong Seed { get; init; } = 1;
}
