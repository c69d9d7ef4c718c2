using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;

namespace FewShot.Checking;

/// <summary>The query loss and its gradient at given task parameters, as plain numbers.</summary>
internal sealed class MethodCheckQuery : IDisposable
{
    private readonly MethodCheckProgram _program;
    private readonly string[] _names;

    public MethodCheckQuery(MethodCheckProblem problem, GradientDescent descent)
    {
        _names = [.. problem.Graphs.Model.Parameters.Where(parameter => parameter.Trained).Select(parameter => parameter.Name)];
        (TaskContext task, Tensor inputs, Tensor targets) = problem.Trace();
        GradientDescent none = descent with { InnerSteps = 0 };
        Tensor loss = task.Loss(none.Predict(task, none.Adapt(task)[^1], inputs), targets);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, [.. _names.Select(name => task.Meta[name])]);
        task.Graph.Output("loss", loss);
        for (int i = 0; i < _names.Length; i++)
        {
            task.Graph.Output(_names[i], gradients[i]);
        }

        _program = new MethodCheckProgram(task.Graph, problem.Values);
    }

    public (double Loss, Dictionary<string, double[]> Gradients, ulong Branches) At(IReadOnlyDictionary<string, double[]> parameters)
    {
        foreach (string name in _names)
        {
            parameters[name].CopyTo(_program.Input(name));
        }

        ulong branches = _program.Run();
        return (_program.Output("loss")[0], _names.ToDictionary(name => name, name => _program.Output(name).ToArray()), branches);
    }

    public void Dispose() => _program.Dispose();
}

/// <summary>The energy L_Q − α⟨∇L_S, ∇L_Q⟩ at the meta-parameters, or L_Q − α‖∇L_Q‖².</summary>
internal sealed class MethodCheckEnergy(MethodCheckProblem problem, GradientDescent descent, EnergyFunctional energy)
    : MethodCheckDefinition
{
    private readonly MethodCheckInnerLoop _support = new(problem, descent);
    private readonly MethodCheckQuery _query = new(problem, descent);

    public override (double Value, ulong Branches) At(string parameter, double[] direction, double step)
    {
        Dictionary<string, double[]> moved = Moved(problem.Values, parameter, direction, step);
        (double loss, Dictionary<string, double[]> query, ulong queryBranches) = _query.At(moved);
        (Dictionary<string, double[]> support, ulong supportBranches) = energy.OneBatch ? (query, 0) : _support.GradientsAt(moved);
        double gain = support.Sum(pair => pair.Value.Zip(query[pair.Key], (s, q) => s * q).Sum());
        return (loss - (energy.Alpha * gain), unchecked((supportBranches * 31) + queryBranches));
    }

    public override void Dispose()
    {
        _support.Dispose();
        _query.Dispose();
    }
}

/// <summary>
/// The reverse recursion v ← v − α·(the shorter of ∇L_S(θᵏ + δv) − ∇L_S(θᵏ) and ∇L_S(θᵏ) − ∇L_S(θᵏ − δv))/δ from the last step to the
/// first, a step whose correction is too long to be one leaving v as it is; a value that is linear in the step, with v as its slope.
/// </summary>
internal sealed class MethodCheckHessianFree : MethodCheckDefinition
{
    private readonly Dictionary<string, double[]> _result;

    public MethodCheckHessianFree(MethodCheckProblem problem, GradientDescent descent, HessianFree free)
    {
        using var loop = new MethodCheckInnerLoop(problem, descent);
        using var query = new MethodCheckQuery(problem, descent);
        var trajectory = new List<Dictionary<string, double[]>>();
        (Dictionary<string, double[]> adapted, _) = loop.Run(problem.Values, [], (parameters, _) => trajectory.Add(parameters));
        Dictionary<string, double[]> v = query.At(adapted).Gradients;
        for (int step = trajectory.Count - 1; step >= 0; step--)
        {
            Dictionary<string, double[]> at = trajectory[step];
            double delta = free.Delta * Math.Sqrt((SquaredNorm(at) + 1e-12) / (SquaredNorm(v) > 0 ? SquaredNorm(v) : 1));
            Dictionary<string, double[]> here = loop.GradientsAt(at).Gradients;
            Dictionary<string, double[]> up = Displaced(loop.GradientsAt(Displaced(at, v, delta)).Gradients, here, -1);
            Dictionary<string, double[]> down = Displaced(here, loop.GradientsAt(Displaced(at, v, -delta)).Gradients, -1);
            Dictionary<string, double[]> change = SquaredNorm(up) > SquaredNorm(down) ? down : up;
            double length = descent.Rate.Initial / delta * Math.Sqrt(SquaredNorm(change));
            if (length < HessianFree.LongestCorrection * Math.Sqrt(SquaredNorm(v)))
            {
                v = Displaced(v, change, -descent.Rate.Initial / delta);
            }
        }

        _result = v;

        static double SquaredNorm(Dictionary<string, double[]> parameters) =>
            parameters.Values.Sum(values => values.Sum(value => value * value));

        static Dictionary<string, double[]> Displaced(
            Dictionary<string, double[]> at,
            Dictionary<string, double[]> along,
            double distance
        ) => at.ToDictionary(pair => pair.Key, pair => pair.Value.Zip(along[pair.Key], (value, d) => value + (distance * d)).ToArray());
    }

    public override (double Value, ulong Branches) At(string parameter, double[] direction, double step) =>
        (step * _result[parameter].Zip(direction, (slope, d) => slope * d).Sum(), 0);

    public override void Dispose() { }
}

/// <summary>
/// The function f(x, y) − ⟨∇_y g(x, y), v⟩ of the meta-parameters x, at y = θᴷ held constant and v the solver's approximation of
/// (∂²g/∂y²)⁻¹∇_y f.
/// </summary>
internal sealed class MethodCheckImplicit : MethodCheckDefinition
{
    private readonly MethodCheckProblem _problem;
    private readonly MethodCheckInnerLoop _loop;
    private readonly MethodCheckQuery _query;
    private readonly string[] _lower;
    private readonly Dictionary<string, double[]> _adapted;
    private readonly double[] _solution;

    public MethodCheckImplicit(MethodCheckProblem problem, GradientDescent descent, Implicit @implicit)
    {
        _problem = problem;
        _loop = new MethodCheckInnerLoop(problem, descent);
        _query = new MethodCheckQuery(problem, descent);
        _adapted = _loop.Run(problem.Values, [], (_, _) => { }).Adapted;
        _lower = [.. _adapted.Keys.Where(name => Enumerable.Range(0, descent.InnerSteps).Any(step => _loop.Changes(name, step)))];
        double[] right = Flat(_query.At(_adapted).Gradients);
        double[][] hessian = Hessian();
        _solution = Solve(
            @implicit.Solver,
            vector => [.. hessian.Select((row, i) => Dot(row, vector) + (@implicit.Solver.Damping * vector[i]))],
            right
        );
    }

    public override (double Value, ulong Branches) At(string parameter, double[] direction, double step)
    {
        Dictionary<string, double[]> start = Moved(_problem.Values, parameter, direction, step);
        (double loss, _, ulong queryBranches) = _query.At(WithLower(start));
        (double[] slope, ulong supportBranches) = Slope(start, _adapted);
        return (loss - Dot(slope, _solution), unchecked((supportBranches * 31) + queryBranches));
    }

    public override void Dispose()
    {
        _loop.Dispose();
        _query.Dispose();
    }

    /// <summary>The meta-parameters, with the adapted values where the lower level has its own.</summary>
    private Dictionary<string, double[]> WithLower(Dictionary<string, double[]> start, Dictionary<string, double[]>? lower = null)
    {
        var parameters = new Dictionary<string, double[]>(start);
        foreach (string name in _lower)
        {
            parameters[name] = (lower ?? _adapted)[name];
        }

        return parameters;
    }

    /// <summary>The slope ∇_y g of the lower loss, and the branches taken on the way.</summary>
    private (double[] Slope, ulong Branches) Slope(Dictionary<string, double[]> start, Dictionary<string, double[]> lower)
    {
        (Dictionary<string, double[]> gradients, ulong branches) = _loop.GradientsAt(WithLower(start, lower));
        return (
            Flat(
                gradients.ToDictionary(
                    pair => pair.Key,
                    pair =>
                        pair.Value.Zip(_loop.Regularization(pair.Key, lower[pair.Key], start[pair.Key]), (slope, added) => slope + added)
                            .ToArray()
                )
            ),
            branches
        );
    }

    /// <summary>The Hessian ∂²g/∂y², column by column, by differences of the slope.</summary>
    private double[][] Hessian()
    {
        var start = new Dictionary<string, double[]>(_problem.Values);
        ulong branches = Slope(start, _adapted).Branches;
        var rows = new List<double[]>();
        foreach (string name in _lower)
        {
            for (int i = 0; i < _adapted[name].Length; i++)
            {
                double[] unit = new double[_adapted[name].Length];
                unit[i] = 1;
                double h = 2e-5;
                while (Central(h) is null && h > 1e-9)
                {
                    h /= 4;
                }

                // Extrapolated once, on the side of the kinks where the parameters are.
                rows.Add([.. Central(h / 2)!.Zip(Central(h)!, (fine, coarse) => ((4 * fine) - coarse) / 3)]);

                double[]? Central(double step)
                {
                    (double[] up, ulong above) = Slope(start, Moved(_adapted, name, unit, step));
                    (double[] down, ulong below) = Slope(start, Moved(_adapted, name, unit, -step));
                    return above == branches && below == branches ? [.. up.Zip(down, (u, d) => (u - d) / (2 * step))] : null;
                }
            }
        }

        return [.. rows];
    }

    private double[] Flat(Dictionary<string, double[]> values) => [.. _lower.SelectMany(name => values[name])];

    private static double[] Solve(LinearSolver solver, Func<double[], double[]> map, double[] right)
    {
        switch (solver)
        {
            case LinearSolver.Neumann neumann:
                (double[] term, double[] sum) = (right, right);
                for (int i = 0; i < neumann.Iterations; i++)
                {
                    term = Plus(term, map(term), -neumann.Step);
                    sum = Plus(sum, term, 1);
                }

                return [.. sum.Select(value => value * neumann.Step)];
            case LinearSolver.FixedPoint point:
                double[] fixedPoint = new double[right.Length];
                for (int i = 0; i < point.Iterations; i++)
                {
                    fixedPoint = Plus(fixedPoint, Plus(right, map(fixedPoint), -1), point.Step);
                }

                return fixedPoint;
            case LinearSolver.SteepestDescent descent:
                (double[] descended, double[] left) = (new double[right.Length], right);
                for (int i = 0; i < descent.Iterations && Dot(left, map(left)) > 0; i++)
                {
                    double length = Dot(left, left) / Dot(left, map(left));
                    (descended, left) = (Plus(descended, left, length), Plus(left, map(left), -length));
                }

                return descended;
            case LinearSolver.ConjugateGradients gradients:
                double[] solution = new double[right.Length];
                (double[] residual, double[] direction) = (right, right);
                double least = Dot(right, right) * gradients.Tolerance * gradients.Tolerance;
                for (int i = 0; i < gradients.Iterations && Dot(residual, residual) > least; i++)
                {
                    double[] image = map(direction);
                    double square = Dot(residual, residual);
                    if (Dot(direction, image) <= 0)
                    {
                        // No step against the curvature; the next tries the residual itself.
                        direction = residual;
                        continue;
                    }

                    double step = square / Dot(direction, image);
                    solution = Plus(solution, direction, step);
                    residual = Plus(residual, image, -step);
                    direction = Plus(residual, direction, Dot(residual, residual) / square);
                }

                return solution;
            default:
                throw new NotSupportedException($"the check does not know the solver {solver.Name}; add it here");
        }

        static double[] Plus(double[] a, double[] b, double factor) => [.. a.Zip(b, (x, y) => x + (factor * y))];
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
