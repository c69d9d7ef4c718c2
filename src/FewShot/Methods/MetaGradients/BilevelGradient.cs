using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Methods.MetaGradients;

/// <summary>
/// The hypergradient of a bilevel problem min_x f(x, y*(x)), y*(x) = argmin_y g(x, y), by the implicit function theorem:
/// ∇_x f − ∇_x⟨∇_y g, v⟩ with (∂²g/∂y²)·v = ∇_y f. It needs the solution y* and no history of how it was found. The problem may be
/// anyone's: f and g are traced functions.
/// </summary>
public static class BilevelGradient
{
    /// <summary>Traces the hypergradient.</summary>
    /// <param name="upper">The upper loss f(x, y); a scalar.</param>
    /// <param name="lower">The lower loss g(x, y); a scalar, strongly convex in y near the solution.</param>
    /// <param name="x">The upper variables x.</param>
    /// <param name="y">The lower solution y*; differentiated as a constant.</param>
    /// <param name="solver">How the linear system is solved.</param>
    /// <param name="guess">A first guess of v, such as that of the iteration before; null for 0.</param>
    /// <param name="recompute">
    /// Computes ∇_y g anew for the last product instead of keeping what it is made of while v is solved for: less memory for one more pass
    /// over g.
    /// </param>
    /// <returns>The value of f, the hypergradient for each upper variable, and v with what its solver met.</returns>
    public static BilevelTrace Trace(
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, Tensor> upper,
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, Tensor> lower,
        IReadOnlyList<Tensor> x,
        IReadOnlyList<Tensor> y,
        LinearSolver solver,
        IReadOnlyList<Tensor>? guess = null,
        bool recompute = false
    )
    {
        ArgumentNullException.ThrowIfNull(upper);
        ArgumentNullException.ThrowIfNull(lower);
        ArgumentNullException.ThrowIfNull(solver);
        Tensor[] solution = [.. y.Select(part => part.StopGradient())];
        Tensor f = upper(x, solution);
        IReadOnlyList<Tensor> direct = Differentiate.Gradients(f, [.. x, .. solution]);
        IReadOnlyList<Tensor> right = [.. direct.Skip(x.Count)];
        IReadOnlyList<Tensor> slope = Differentiate.Gradients(lower(x, solution), solution);
        IReadOnlyList<Tensor> Hessian(IReadOnlyList<Tensor> vector) => Differentiate.VectorJacobianProduct(slope, vector, solution);
        LinearSolution solved = solver.Solve(Hessian, right, guess);
        IReadOnlyList<Tensor> v = solved.Values;
        IReadOnlyList<Tensor> at = x;
        if (recompute)
        {
            at = [.. x.Select(part => part.After([.. v, .. direct.Take(x.Count)]))];
            slope = Differentiate.Gradients(lower(at, solution), solution);
        }

        IReadOnlyList<Tensor> mixed = Differentiate.VectorJacobianProduct(slope, [.. v.Select(part => part.StopGradient())], at);
        return new BilevelTrace(f, [.. mixed.Select((part, i) => direct[i] - part)], solved);
    }
}

/// <summary>What <see cref="BilevelGradient.Trace"/> gives.</summary>
/// <param name="Upper">The upper loss f at the lower solution; a scalar.</param>
/// <param name="Gradients">The hypergradient, for each upper variable.</param>
/// <param name="Solution">The solution v of the linear system, for each lower variable, and what its solver met.</param>
public sealed record BilevelTrace(Tensor Upper, IReadOnlyList<Tensor> Gradients, LinearSolution Solution);
