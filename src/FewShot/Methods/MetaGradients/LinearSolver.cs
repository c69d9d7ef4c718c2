using System.Globalization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Storage;

namespace FewShot.Methods.MetaGradients;

/// <summary>A symmetric linear map on a list of tensors, such as a Hessian.</summary>
/// <param name="vector">The tensors to apply the map to.</param>
public delegate IReadOnlyList<Tensor> LinearMap(IReadOnlyList<Tensor> vector);

/// <summary>What a solver traces.</summary>
/// <param name="Values">The approximate solution, of the shapes of the right-hand side.</param>
/// <param name="NegativeCurvature">
/// A scalar: 1 where the solver met a direction along which the damped map is not positive, before it was done; else 0. There the system
/// has no minimum to go to.
/// </param>
/// <param name="StoodStill">
/// A scalar: 1 where that direction was the residual itself, so that no further iteration changes the solution, which may still be the
/// first guess; else 0.
/// </param>
public sealed record LinearSolution(IReadOnlyList<Tensor> Values, Tensor NegativeCurvature, Tensor StoodStill);

/// <summary>
/// How (∂²g/∂y² + λI)·v = b is solved with nothing but products with the Hessian. Immutable; traces a fixed number of iterations. The
/// system is scaled to a right-hand side whose largest entry is 1, so that what is solved, and when it is solved, does not depend on the
/// size of b.
/// </summary>
/// <param name="Iterations">How many products with the Hessian are made.</param>
[PartKind]
public abstract record LinearSolver(int Iterations)
{
    /// <summary>A residual this small, relative to the right-hand side, is one of rounding: its curvature says nothing.</summary>
    private const double Settled = 1e-6;

    /// <summary>
    /// The damping λ, at least 0, that is added to the Hessian's diagonal. Where the lower level is not convex, it makes the system
    /// positive definite if it is larger than the most negative curvature, at the price of a smaller and biased solution.
    /// </summary>
    /// <value>0 by default: the Hessian as it is.</value>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or no number.</exception>
    public double Damping
    {
        get;
        init =>
            field =
                value >= 0 && double.IsFinite(value)
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(Damping), value, "Damping cannot be negative.");
    }

    /// <summary>The name by which results call the solver, with its damping.</summary>
    public string Name => Damping == 0 ? Kind : string.Create(CultureInfo.InvariantCulture, $"{Kind}, damped by {Damping}");

    /// <summary>The name of the algorithm and the number of its iterations.</summary>
    protected abstract string Kind { get; }

    /// <summary>Traces the approximate solution.</summary>
    /// <param name="map">The Hessian, without the damping.</param>
    /// <param name="right">The right-hand side b of the system.</param>
    /// <param name="guess">
    /// Where to start, for one product more: a solution from 0 for what the guess leaves, b − (H + λI)·v₀, is added to it. All solvers here
    /// move by differences alone, so this is what each does from v₀. Null for 0.
    /// </param>
    public LinearSolution Solve(LinearMap map, IReadOnlyList<Tensor> right, IReadOnlyList<Tensor>? guess = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(right);
        LinearMap damped = Damping == 0 ? map : vector => Add(map(vector), vector, Damping);
        IReadOnlyList<Tensor> residual = guess is null ? right : Subtract(right, damped(guess));
        Tensor largest = guess is null ? Largest(right) : Largest(right).Maximum(Largest(residual));
        Tensor scale = IsPositive(largest).Select(largest, largest.Graph.Fill(1, largest.Shape));
        IReadOnlyList<Tensor> unit = Scaled(right);
        LinearSolution found = Reach(damped, guess is null ? unit : Scaled(residual), Dot(unit, unit));
        return found with { Values = [.. found.Values.Select((part, i) => guess is null ? part * scale : guess[i] + (part * scale))] };

        IReadOnlyList<Tensor> Scaled(IReadOnlyList<Tensor> parts) => [.. parts.Select(part => part / scale)];
    }

    /// <summary>Traces the approximate solution from 0 for a residual.</summary>
    /// <param name="map">The damped Hessian.</param>
    /// <param name="residual">What is to be reached.</param>
    /// <param name="square">The squared norm of the whole right-hand side, of which the residual is what a guess has left.</param>
    protected abstract LinearSolution Reach(LinearMap map, IReadOnlyList<Tensor> residual, Tensor square);

    /// <summary>
    /// Conjugate gradients; stands still once the residual is below a tolerance relative to the right-hand side, and where the curvature is
    /// not positive.
    /// </summary>
    public sealed record ConjugateGradients(int Iterations, double Tolerance = 1e-6) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        protected override string Kind => $"conjugate gradients ({Iterations})";

        /// <inheritdoc/>
        protected override LinearSolution Reach(LinearMap map, IReadOnlyList<Tensor> residual, Tensor square)
        {
            ArgumentNullException.ThrowIfNull(residual);
            IReadOnlyList<Tensor> solution = [.. residual.Select(part => part.Graph.Fill(0, part.Shape))];
            IReadOnlyList<Tensor> direction = residual;
            Tensor least = square * (Tolerance * Tolerance);
            Tensor left = Dot(residual, residual);
            var incidents = new Incidents(left);
            Tensor alongResidual = left.Graph.Fill(1, left.Shape);
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(direction);

                // At the solution both quotients are 0/0: from there on no step is taken, whatever the number of iterations traced. After a
                // direction of no positive curvature the next one is the residual.
                Tensor curvature = Dot(direction, image);
                Tensor unsolved = left.Greater(least);
                Tensor usable = unsolved * IsPositive(curvature);
                Tensor failed = unsolved - usable;
                incidents.Add(failed, failed * alongResidual);
                alongResidual = failed;
                Tensor step = Quotient(left, curvature, usable);
                solution = Add(solution, direction, step);
                residual = Add(residual, image, -step);
                Tensor next = Dot(residual, residual);
                direction = Add(residual, direction, Quotient(next, left, usable));
                left = next;
            }

            return incidents.With(solution);
        }
    }

    /// <summary>
    /// The gradient method on ½vᵀHv − bᵀv with exact line search: v ← v + (‖r‖²/rᵀHr)·r with r = b − Hv. It needs no step size, and more
    /// iterations than conjugate gradients where H is badly conditioned.
    /// </summary>
    public sealed record SteepestDescent(int Iterations) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        protected override string Kind => $"steepest descent ({Iterations})";

        /// <inheritdoc/>
        protected override LinearSolution Reach(LinearMap map, IReadOnlyList<Tensor> residual, Tensor square)
        {
            ArgumentNullException.ThrowIfNull(residual);
            IReadOnlyList<Tensor> solution = [.. residual.Select(part => part.Graph.Fill(0, part.Shape))];
            var incidents = new Incidents(square);
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(residual);

                // No step at the solution, where the quotient is 0/0, nor along a direction of negative curvature.
                Tensor left = Dot(residual, residual);
                Tensor curvature = Dot(residual, image);
                Tensor usable = IsPositive(curvature);
                Tensor failed = IsUnsettled(left, square) * (1 - usable);
                incidents.Add(failed, failed);
                Tensor step = Quotient(left, curvature, usable);
                solution = Add(solution, residual, step);
                residual = Add(residual, image, -step);
            }

            return incidents.With(solution);
        }
    }

    /// <summary>
    /// The Neumann series η·Σⱼ(I − ηH)ʲb (Lorraine 2019): as many terms as iterations, plus one. It never stands still; along negative
    /// curvature its terms grow.
    /// </summary>
    public sealed record Neumann(int Iterations, double Step) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        protected override string Kind => $"Neumann series ({Iterations})";

        /// <inheritdoc/>
        protected override LinearSolution Reach(LinearMap map, IReadOnlyList<Tensor> residual, Tensor square)
        {
            ArgumentNullException.ThrowIfNull(residual);
            IReadOnlyList<Tensor> term = residual;
            IReadOnlyList<Tensor> sum = residual;
            var incidents = new Incidents(square);
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(term);
                incidents.Add(IsUnsettled(Dot(term, term), square) * (1 - IsPositive(Dot(term, image))));
                term = Add(term, image, -Step);
                sum = Add(sum, term, 1);
            }

            return incidents.With([.. sum.Select(part => part * Step)]);
        }
    }

    /// <summary>
    /// The fixed point of v ← (I − ηH)v + ηb (Grazzi 2020); the gradient method on ½vᵀHv − bᵀv with a fixed step. It never stands still;
    /// along negative curvature it diverges.
    /// </summary>
    public sealed record FixedPoint(int Iterations, double Step) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        protected override string Kind => $"fixed point ({Iterations})";

        /// <inheritdoc/>
        protected override LinearSolution Reach(LinearMap map, IReadOnlyList<Tensor> residual, Tensor square)
        {
            ArgumentNullException.ThrowIfNull(residual);
            IReadOnlyList<Tensor> v = [.. residual.Select(part => part * Step)];
            IReadOnlyList<Tensor> left = residual;
            var incidents = new Incidents(square);
            for (int i = 1; i < Iterations; i++)
            {
                // What is left falls by η times its own image, so the curvature along it takes no further product.
                IReadOnlyList<Tensor> next = Subtract(residual, map(v));
                incidents.Add(IsUnsettled(Dot(left, left), square) * (1 - IsPositive(Dot(left, Subtract(left, next)))));
                v = Add(v, next, Step);
                left = next;
            }

            return incidents.With(v);
        }
    }

    /// <summary>Reads <c>NAME</c> or <c>NAME:ITERATIONS</c>, the name being cg, steepest, neumann or fixed-point.</summary>
    /// <param name="text">What to read; 20 iterations where it gives none.</param>
    /// <param name="step">
    /// The step size η of the solvers that have a fixed one: they converge wherever gradient descent of the lower level does with this
    /// step.
    /// </param>
    /// <exception cref="ArgumentException">It is not a solver; the message says what is.</exception>
    public static LinearSolver Parse(string text, double step)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        int iterations = 20;
        return
            parts.Length > 2
            || (parts.Length == 2 && (!int.TryParse(parts[1], CultureInfo.InvariantCulture, out iterations) || iterations < 1))
            ? throw new ArgumentException(
                $"'{text}' is no linear solver: give a name alone, or a name and a number of iterations, such as cg:20"
            )
            : parts[0].ToLowerInvariant() switch
            {
                "cg" => new ConjugateGradients(iterations),
                "steepest" => new SteepestDescent(iterations),
                "neumann" => new Neumann(iterations, step),
                "fixed-point" => new FixedPoint(iterations, step),
                _ => throw new ArgumentException($"unknown linear solver '{parts[0]}'; there are cg, steepest, neumann and fixed-point"),
            };
    }

    internal static Tensor Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) =>
        a.Zip(b, (x, y) => x.Dot(y)).Aggregate((sum, term) => sum + term);

    private static Tensor IsPositive(Tensor scalar) => scalar.Greater(scalar.Graph.Fill(0, scalar.Shape));

    private static Tensor IsUnsettled(Tensor left, Tensor square) => left.Greater(square * (Settled * Settled));

    private static Tensor Largest(IReadOnlyList<Tensor> parts) =>
        parts.Select(part => part.Absolute().Max()).Aggregate((largest, part) => largest.Maximum(part));

    /// <summary>The quotient a/b where the condition is 1, else 0, without ever dividing by zero.</summary>
    private static Tensor Quotient(Tensor a, Tensor b, Tensor condition) =>
        condition.Select(a / condition.Select(b, b.Graph.Fill(1, b.Shape)), b.Graph.Fill(0, b.Shape));

    private static IReadOnlyList<Tensor> Add(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, Tensor factor) =>
        [.. a.Zip(b, (x, y) => x + (y * factor))];

    private static IReadOnlyList<Tensor> Add(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, double factor) =>
        [.. a.Zip(b, (x, y) => x + (y * factor))];

    private static IReadOnlyList<Tensor> Subtract(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) => [.. a.Zip(b, (x, y) => x - y)];

    /// <summary>Directions of no positive curvature that a solver meets, as flags of 0 and 1.</summary>
    private sealed class Incidents(Tensor scalar)
    {
        private Tensor _negative = scalar.Graph.Fill(0, scalar.Shape);
        private Tensor _stood = scalar.Graph.Fill(0, scalar.Shape);

        /// <summary>Adds what an iteration met.</summary>
        /// <param name="negative">Whether its direction had no positive curvature.</param>
        /// <param name="stuck">Whether no further iteration can change the solution; null for a solver that always moves.</param>
        public void Add(Tensor negative, Tensor? stuck = null)
        {
            _negative = _negative.Maximum(negative);
            _stood = stuck is null ? _stood : _stood.Maximum(stuck);
        }

        public LinearSolution With(IReadOnlyList<Tensor> values) => new(values, _negative, _stood);
    }
}
