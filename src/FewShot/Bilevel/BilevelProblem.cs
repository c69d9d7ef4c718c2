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
/// var problem = new BilevelProblem
/// {
///     Upper = v => v["validation_x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["validation_y"]),
/// Lower = v => v["train_x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["train_y"]) + (v["log_strength"].Exp() *
/// v["weights"].Square()).Sum(),
///     UpperVariables = [new("log_strength", new Shape(28, 1), Initializer.Constant(-3))],
///     LowerVariables = [new("weights", new Shape(28, 1), Initializer.Constant(0))],
///     Data = [new("train_x", new Shape(100, 28), trainX), ...],
/// };
/// using var solver = new BilevelSolver(problem);
/// solver.Run(200);
/// float[] strengths = solver.Upper.Values;
/// </code>
/// </example>
public sealed record BilevelProblem
{
    /// <summary>f; a scalar.</summary>
    public required Func<TensorMap, Tensor> Upper { get; init; }

    /// <summary>
    /// g; a scalar. The implicit hypergradient needs it strongly convex in y near the solution: add a regularisation where it is not.
    /// </summary>
    public required Func<TensorMap, Tensor> Lower { get; init; }

    /// <summary>x, by name.</summary>
    public required IReadOnlyList<ParameterSpecification> UpperVariables { get; init; }

    /// <summary>y, by name.</summary>
    public required IReadOnlyList<ParameterSpecification> LowerVariables { get; init; }

    /// <summary>What both losses may read besides; <see cref="BilevelSolver.SetData"/> exchanges it, such as for the next batch.</summary>
    public IReadOnlyList<DataTensor> Data { get; init; } = [];
}

/// <summary>Named numbers.</summary>
/// <param name="Name">By which the losses know them.</param>
/// <param name="Shape">Their extents.</param>
/// <param name="Values">Row-major, as many as the shape says.</param>
public sealed record DataTensor(string Name, Shape Shape, float[] Values);
