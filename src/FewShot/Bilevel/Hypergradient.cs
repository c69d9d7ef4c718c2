using FewShot.Methods.MetaGradients;

namespace FewShot.Bilevel;

/// <summary>How the derivative of f(x, y) in x through the lower solution is computed. Immutable.</summary>
public abstract record Hypergradient
{
    private Hypergradient() { }

    /// <summary>The name by which results call it.</summary>
    public abstract string Name { get; }

    internal abstract HypergradientRun Create(BilevelProblem problem, BilevelOptions options);

    /// <summary>
    /// The hypergradient by the implicit function theorem at the last y, see <see cref="BilevelGradient"/>: nothing of the inner steps is
    /// kept, and its error falls with the distance to the solution and with the iterations of the solver. Both go on from the outer
    /// iteration before under a warm start.
    /// </summary>
    public sealed record Implicit(LinearSolver Solver) : Hypergradient
    {
        /// <inheritdoc/>
        public override string Name => $"implicit, {Solver.Name}";

        internal override HypergradientRun Create(BilevelProblem problem, BilevelOptions options) =>
            new ImplicitRun(problem, options, Solver);
    }

    /// <summary>
    /// The hypergradient of the T inner steps as they are, in forward mode: ∂y/∂x goes along with y (Franceschi 2017, arXiv:1703.01785).
    /// Exact for any T with nothing kept of the steps, at the cost of one product with the Hessian for every upper number in every step:
    /// for few of them, at most <see cref="Most"/>.
    /// </summary>
    public sealed record Forward : Hypergradient
    {
        /// <summary>The most numbers that the upper variables may have together in forward mode.</summary>
        public const int Most = 256;

        /// <inheritdoc/>
        public override string Name => "forward mode";

        internal override HypergradientRun Create(BilevelProblem problem, BilevelOptions options) => new ForwardRun(problem, options);
    }

    /// <summary>
    /// The hypergradient of the T inner steps as they are, in reverse mode (iterative differentiation): keeps y before each step, and walks
    /// back at the cost of one product with the Hessian a step, whatever the number of upper variables.
    /// </summary>
    /// <param name="LastSteps">How many of the last steps are walked back through (Shaban 2018); null for all.</param>
    public sealed record Reverse(int? LastSteps = null) : Hypergradient
    {
        /// <inheritdoc/>
        public override string Name => LastSteps is null ? "reverse mode" : $"reverse mode, last {LastSteps} steps";

        internal override HypergradientRun Create(BilevelProblem problem, BilevelOptions options) =>
            LastSteps is < 1 || LastSteps > options.InnerSteps
                ? throw new ArgumentException(
                    $"walking back through {LastSteps} of {options.InnerSteps} inner steps makes no sense; give a number from 1 to "
                        + $"{options.InnerSteps}"
                )
                : new ReverseRun(problem, options, LastSteps ?? options.InnerSteps);
    }
}
