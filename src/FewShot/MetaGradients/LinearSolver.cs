using System.Globalization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.MetaGradients;

/// <summary>A symmetric linear map on a list of tensors, such as a Hessian.</summary>
/// <param name="vector">Where to apply it.</param>
public delegate IReadOnlyList<Tensor> LinearMap(IReadOnlyList<Tensor> vector);

/// <summary>How (∂²g/∂y²)·v = b is solved with nothing but products with the Hessian. Immutable; traces a fixed number of iterations.</summary>
/// <param name="Iterations">Products with the Hessian.</param>
public abstract record LinearSolver(int Iterations)
{
    /// <summary>What results say of it.</summary>
    public abstract string Name { get; }

    /// <summary>Traces the approximate solution, from 0.</summary>
    public abstract IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right);

    /// <summary>
    /// Traces the approximate solution from a first guess v₀: v₀ plus the solution from 0 for what v₀ leaves, b − Hv₀. One product more. All solvers here
    /// move by differences alone, so this is what each does from v₀.
    /// </summary>
    public IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right, IReadOnlyList<Tensor> guess)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentNullException.ThrowIfNull(guess);
        IReadOnlyList<Tensor> image = map(guess);
        IReadOnlyList<Tensor> correction = Solve(map, [.. right.Zip(image, (part, reached) => part - reached)]);
        return [.. guess.Zip(correction, (part, change) => part + change)];
    }

    /// <summary>Conjugate gradients from 0; stands still once the residual is below a tolerance relative to the right-hand side.</summary>
    public sealed record ConjugateGradients(int Iterations, double Tolerance = 1e-6) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        public override string Name => $"conjugate gradients ({Iterations})";

        /// <inheritdoc/>
        public override IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right)
        {
            IReadOnlyList<Tensor> solution = [.. right.Select(part => part.Graph.Fill(0, part.Shape))];
            IReadOnlyList<Tensor> residual = right;
            IReadOnlyList<Tensor> direction = right;
            Tensor square = Dot(residual, residual);
            Tensor least = (square * (Tolerance * Tolerance)) + 1e-30;
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(direction);

                // At the solution both quotients are 0/0: from there on no step is taken, whatever the number of iterations traced.
                Tensor curvature = Dot(direction, image);
                Tensor usable = square.Greater(least) * IsPositive(curvature);
                Tensor step = Quotient(square, curvature, usable);
                solution = Add(solution, direction, step);
                residual = Add(residual, image, -step);
                Tensor next = Dot(residual, residual);
                direction = Add(residual, direction, Quotient(next, square, usable));
                square = next;
            }

            return solution;
        }
    }

    /// <summary>
    /// The gradient method on ½vᵀHv − bᵀv with exact line search, from 0: v ← v + (‖r‖²/rᵀHr)·r with r = b − Hv. It needs no step size, and more iterations
    /// than conjugate gradients where H is badly conditioned.
    /// </summary>
    public sealed record SteepestDescent(int Iterations) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        public override string Name => $"steepest descent ({Iterations})";

        /// <inheritdoc/>
        public override IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right)
        {
            IReadOnlyList<Tensor> solution = [.. right.Select(part => part.Graph.Fill(0, part.Shape))];
            IReadOnlyList<Tensor> residual = right;
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(residual);

                // No step at the solution, where the quotient is 0/0, nor along a direction of negative curvature.
                Tensor curvature = Dot(residual, image);
                Tensor step = Quotient(Dot(residual, residual), curvature, IsPositive(curvature));
                solution = Add(solution, residual, step);
                residual = Add(residual, image, -step);
            }

            return solution;
        }
    }

    /// <summary>The Neumann series η·Σⱼ(I − ηH)ʲb (Lorraine 2019): as many terms as iterations, plus one.</summary>
    public sealed record Neumann(int Iterations, double Step) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        public override string Name => $"Neumann series ({Iterations})";

        /// <inheritdoc/>
        public override IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right)
        {
            IReadOnlyList<Tensor> term = right;
            IReadOnlyList<Tensor> sum = right;
            for (int i = 0; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(term);
                term = [.. term.Zip(image, (part, moved) => part - (moved * Step))];
                sum = [.. sum.Zip(term, (total, part) => total + part)];
            }

            return [.. sum.Select(part => part * Step)];
        }
    }

    /// <summary>The fixed point of v ← (I − ηH)v + ηb from 0 (Grazzi 2020); the gradient method on ½vᵀHv − bᵀv with a fixed step.</summary>
    public sealed record FixedPoint(int Iterations, double Step) : LinearSolver(Iterations)
    {
        /// <inheritdoc/>
        public override string Name => $"fixed point ({Iterations})";

        /// <inheritdoc/>
        public override IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right)
        {
            IReadOnlyList<Tensor> v = [.. right.Select(part => part * Step)];
            for (int i = 1; i < Iterations; i++)
            {
                IReadOnlyList<Tensor> image = map(v);
                v = [.. v.Select((part, k) => part + ((right[k] - image[k]) * Step))];
            }

            return v;
        }
    }

    /// <summary>Reads <c>NAME</c> or <c>NAME:ITERATIONS</c>, the name being cg, steepest, neumann or fixed-point.</summary>
    /// <param name="text">What to read; 20 iterations where it gives none.</param>
    /// <param name="step">η of the solvers that have a fixed step: they converge wherever gradient descent of the lower level does with this step.</param>
    /// <exception cref="ArgumentException">It is not a solver; the message says what is.</exception>
    public static LinearSolver Parse(string text, double step)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        int iterations = 20;
        return parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], CultureInfo.InvariantCulture, out iterations) || iterations < 1))
            ? throw new ArgumentException($"'{text}' is no linear solver: give a name alone, or a name and a number of iterations, such as cg:20")
            : parts[0].ToLowerInvariant() switch
            {
                "cg" => new ConjugateGradients(iterations),
                "steepest" => new SteepestDescent(iterations),
                "neumann" => new Neumann(iterations, step),
                "fixed-point" => new FixedPoint(iterations, step),
                _ => throw new ArgumentException($"unknown linear solver '{parts[0]}'; there are cg, steepest, neumann and fixed-point"),
            };
    }

    internal static Tensor Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) => a.Zip(b, (x, y) => x.Dot(y)).Aggregate((sum, term) => sum + term);

    private static Tensor IsPositive(Tensor scalar) => scalar.Greater(scalar.Graph.Fill(0, scalar.Shape));

    /// <summary>a/b where the condition is 1, else 0, without ever dividing by zero.</summary>
    private static Tensor Quotient(Tensor a, Tensor b, Tensor condition) =>
        condition.Select(a / condition.Select(b, b.Graph.Fill(1, b.Shape)), b.Graph.Fill(0, b.Shape));

    private static IReadOnlyList<Tensor> Add(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, Tensor factor) => [.. a.Zip(b, (x, y) => x + (y * factor))];
}
