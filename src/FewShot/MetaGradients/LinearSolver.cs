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

    /// <summary>Traces the approximate solution.</summary>
    public abstract IReadOnlyList<Tensor> Solve(LinearMap map, IReadOnlyList<Tensor> right);

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
                Tensor unsolved = square.Greater(least);
                Tensor zero = square.Graph.Fill(0, square.Shape);
                Tensor one = square.Graph.Fill(1, square.Shape);
                Tensor curvature = Dot(direction, image);
                Tensor usable = unsolved * curvature.Greater(zero);
                Tensor step = usable.Select(square / usable.Select(curvature, one), zero);
                solution = Add(solution, direction, step);
                residual = Add(residual, image, -step);
                Tensor next = Dot(residual, residual);
                direction = Add(residual, direction, usable.Select(next / usable.Select(square, one), zero));
                square = next;
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

    /// <summary>The fixed point of v ← (I − ηH)v + ηb from 0 (Grazzi 2020); the gradient method on ½vᵀHv − bᵀv.</summary>
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

    internal static Tensor Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) => a.Zip(b, (x, y) => x.Dot(y)).Aggregate((sum, term) => sum + term);

    private static IReadOnlyList<Tensor> Add(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, Tensor factor) => [.. a.Zip(b, (x, y) => x + (y * factor))];
}
