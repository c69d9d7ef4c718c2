using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.MetaGradients;

/// <summary>
/// The hypergradient of a bilevel problem min_x f(x, y*(x)), y*(x) = argmin_y g(x, y), by the implicit function theorem:
/// ∇_x f − ∇_x⟨∇_y g, v⟩ with (∂²g/∂y²)·v = ∇_y f. It needs the solution y* and no history of how it was found. The problem may be anyone's: f and g are
/// traced functions.
/// </summary>
public static class BilevelGradient
{
    /// <summary>Traces the hypergradient.</summary>
    /// <param name="upper">f(x, y); a scalar.</param>
    /// <param name="lower">g(x, y); a scalar, strongly convex in y near the solution.</param>
    /// <param name="x">Upper variables.</param>
    /// <param name="y">The lower solution; differentiated as a constant.</param>
    /// <param name="solver">How the linear system is solved.</param>
    /// <returns>f, and the hypergradient for each upper variable.</returns>
    public static (Tensor Upper, IReadOnlyList<Tensor> Gradients) Trace(
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, Tensor> upper,
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, Tensor> lower,
        IReadOnlyList<Tensor> x,
        IReadOnlyList<Tensor> y,
        LinearSolver solver)
    {
        ArgumentNullException.ThrowIfNull(upper);
        ArgumentNullException.ThrowIfNull(lower);
        ArgumentNullException.ThrowIfNull(solver);
        Tensor[] solution = [.. y.Select(part => part.StopGradient())];
        Tensor f = upper(x, solution);
        IReadOnlyList<Tensor> direct = Differentiate.Gradients(f, [.. x, .. solution]);
        IReadOnlyList<Tensor> right = [.. direct.Skip(x.Count)];
        IReadOnlyList<Tensor> slope = Differentiate.Gradients(lower(x, solution), solution);
        IReadOnlyList<Tensor> v = solver.Solve(vector => Differentiate.VectorJacobianProduct(slope, vector, solution), right);
        IReadOnlyList<Tensor> mixed = Differentiate.VectorJacobianProduct(slope, [.. v.Select(part => part.StopGradient())], x);
        return (f, [.. mixed.Select((part, i) => direct[i] - part)]);
    }
}
