using FewShot.Compute.Graphs;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>
/// A bilevel problem of one's own: min_x f(x, y*(x)) with y*(x) = argmin_y g(x, y), such as hyper-parameters x that make weights y trained
/// on one part of the data do well on another. Both losses are functions of every variable and every data tensor by name, written in tensor
/// operations, and are traced once. Immutable.
/// </summary>
/// <example>
/// <code>
/// // Learns a strength of regularisation for each of 28 features, by the loss on examples held out.
/// var problem = new BilevelProblem
/// {
///     Upper = v => v["held_x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["held_y"]),
///     Lower = v => v["x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["y"]) + (v["log"].Exp() * v["weights"].Square()).Sum(),
///     UpperVariables = [new("log", new Shape(28, 1), Initializer.Constant(-3))],
///     LowerVariables = [new("weights", new Shape(28, 1), Initializer.Constant(0))],
///     Data = [new("x", new Shape(100, 28), x), .. others], // and y, held_x and held_y
/// };
/// using var solver = new BilevelSolver(problem);
/// solver.Run(200);
/// float[] logarithms = solver.Upper.Values;
/// </code>
/// </example>
public sealed record BilevelProblem
{
    /// <summary>The upper loss f(x, y): a scalar made of the variables and the data by name.</summary>
    public required Func<TensorMap, Tensor> Upper { get; init; }

    /// <summary>
    /// The lower loss g(x, y): a scalar. The implicit hypergradient needs it strongly convex in y near the solution: add a regularisation
    /// where it is not.
    /// </summary>
    public required Func<TensorMap, Tensor> Lower { get; init; }

    /// <summary>The upper variables x: their names, shapes and first values.</summary>
    public required IReadOnlyList<ParameterSpecification> UpperVariables { get; init; }

    /// <summary>The lower variables y: their names, shapes and first values.</summary>
    public required IReadOnlyList<ParameterSpecification> LowerVariables { get; init; }

    /// <summary>What both losses may read besides; <see cref="BilevelSolver.SetData"/> exchanges it, such as for the next batch.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<DataTensor> Data { get; init; } = [];
}

/// <summary>Numbers that both losses may read by a name.</summary>
/// <param name="Name">The name that the losses know the numbers by.</param>
/// <param name="Shape">The extents of the tensor.</param>
/// <param name="Values">The numbers, row-major, as many as the shape says.</param>
public sealed record DataTensor(string Name, Shape Shape, float[] Values);
