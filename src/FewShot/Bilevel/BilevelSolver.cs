using FewShot.Compute.Numerics;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Training;

namespace FewShot.Bilevel;

/// <summary>What an outer iteration found.</summary>
/// <param name="UpperLoss">The upper loss f after the last inner step.</param>
/// <param name="LowerLoss">The lower loss g before the last inner step.</param>
/// <param name="LowerSlope">The norm ‖∇_y g‖ before the last inner step: how far the lower level is from its solution.</param>
/// <param name="GradientNorm">The Euclidean norm of the hypergradient.</param>
public sealed record BilevelStep(double UpperLoss, double LowerLoss, double LowerSlope, double GradientNorm)
{
    /// <summary>
    /// Whether the solver of an implicit hypergradient met a direction along which the damped Hessian of g is not positive: g is not convex
    /// there, see <see cref="LinearSolver.Damping"/>.
    /// </summary>
    public bool NegativeCurvature { get; init; }

    /// <summary>
    /// Whether the solver could move no further because of that direction, so that its solution may still be its first guess.
    /// </summary>
    public bool StoodStill { get; init; }
}

/// <summary>
/// Solves a <see cref="BilevelProblem"/>: each outer iteration makes T steps of gradient descent on the lower loss, computes the
/// hypergradient there, and moves the upper variables. Compiles at creation; used by one thread at a time.
/// </summary>
public sealed class BilevelSolver : IDisposable
{
    private readonly BilevelProblem _problem;
    private readonly BilevelOptions _options;
    private readonly HypergradientRun _run;
    private readonly Optimizer _optimizer;
    private readonly float[] _gradient;
    private readonly float[] _start;
    private long _iterations;

    /// <summary>Compiles a problem and draws the first values of its variables.</summary>
    /// <param name="problem">The losses, variables and data.</param>
    /// <param name="options">How the problem is solved; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// Names occur twice, data do not have their shape, or the hypergradient does not suit the problem.
    /// </exception>
    public BilevelSolver(BilevelProblem problem, BilevelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Check(problem);
        _problem = problem;
        _options = options ?? new BilevelOptions();
        Upper = ParameterSet.Initialize(problem.UpperVariables, _options.Seed);
        Lower = ParameterSet.Initialize(problem.LowerVariables, _options.Seed);
        _start = [.. Lower.Values];
        _gradient = new float[Upper.Values.Length];
        _optimizer = _options.Outer.Create(Upper.Values.Length);
        _run = _options.Hypergradient.Create(problem, _options);
    }

    /// <summary>The values of the upper variables x; they may be changed between iterations.</summary>
    public ParameterSet Upper { get; }

    /// <summary>The values of the lower variables y, as the last iteration left them.</summary>
    public ParameterSet Lower { get; }

    /// <summary>The last hypergradient, in the order of <see cref="Upper"/>.</summary>
    public ReadOnlySpan<float> Gradient => _gradient;

    /// <summary>
    /// Bytes that solving takes besides variables and data's own arrays: the programs' arenas, and what reverse mode keeps of the inner
    /// steps.
    /// </summary>
    public long PeakBytes => _run.Programs.Sum(program => program.Program.PeakBytes) + _run.KeptBytes;

    /// <summary>Exchanges data, such as for the next batch.</summary>
    /// <param name="name">The name of the data tensor.</param>
    /// <param name="values">The new numbers, row-major, as many as before.</param>
    /// <exception cref="ArgumentException">The problem has none of the name, or it is of another size.</exception>
    public void SetData(string name, ReadOnlySpan<float> values)
    {
        DataTensor data =
            _problem.Data.FirstOrDefault(data => data.Name == name)
            ?? throw new ArgumentException(
                $"the problem has no data '{name}'; it has: {string.Join(", ", _problem.Data.Select(data => data.Name))}",
                nameof(name)
            );
        if (values.Length != data.Shape.Count)
        {
            throw new ArgumentException($"data '{name}' are {data.Shape}, {data.Shape.Count} numbers; got {values.Length}", nameof(values));
        }

        foreach (BilevelProgram program in _run.Programs)
        {
            values.CopyTo(program[name]);
        }
    }

    /// <summary>Makes the inner steps and computes the hypergradient, without moving the upper variables.</summary>
    /// <exception cref="TrainingDivergedException">A loss is no longer a number.</exception>
    public BilevelStep Differentiate()
    {
        if (!_options.WarmStart)
        {
            _start.CopyTo(Lower.Values, 0);
        }

        Array.Clear(_gradient);
        BilevelStep step = _run.Run(Upper, Lower, _gradient);
        double norm = Reductions.Norm(_gradient);
        return double.IsFinite(step.UpperLoss) && double.IsFinite(norm)
            ? step with
            {
                GradientNorm = norm,
            }
            : throw new TrainingDivergedException(
                $"the upper loss is {step.UpperLoss} and its hypergradient {norm} in outer iteration {_iterations + 1} (lower loss "
                    + $"{step.LowerLoss}): it diverged; lower InnerRate, or the rate of Outer"
            );
    }

    /// <summary>Makes one outer iteration: the inner steps, the hypergradient, and a step of the upper variables.</summary>
    /// <param name="progress">How much of the whole run is done, from 0 to 1, for a schedule of the outer step size.</param>
    /// <exception cref="TrainingDivergedException">A loss is no longer a number.</exception>
    public BilevelStep Step(double progress = 0)
    {
        BilevelStep step = Differentiate();
        _options.Outer.Clip(_gradient);
        _optimizer.Update(Upper.Values, _gradient, _options.Outer.RateAt(progress));
        _iterations++;
        return step;
    }

    /// <summary>Makes several outer iterations, one after another.</summary>
    /// <param name="iterations">How many iterations to make.</param>
    /// <param name="told">Called after each iteration, with its number from 1 and what it found; null for no one.</param>
    /// <returns>What the last iteration found.</returns>
    /// <exception cref="TrainingDivergedException">A loss is no longer a number.</exception>
    public BilevelStep Run(int iterations, Action<int, BilevelStep>? told = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        BilevelStep? last = null;
        for (int i = 1; i <= iterations; i++)
        {
            last = Step((i - 1.0) / iterations);
            told?.Invoke(i, last);
        }

        return last!;
    }

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    private static void Check(BilevelProblem problem)
    {
        if (problem.UpperVariables.Count == 0 || problem.LowerVariables.Count == 0)
        {
            throw new ArgumentException("a bilevel problem needs at least one upper and one lower variable");
        }

        if (
            problem
                .UpperVariables.Concat(problem.LowerVariables)
                .Select(variable => variable.Name)
                .Concat(problem.Data.Select(data => data.Name))
                .GroupBy(name => name)
                .FirstOrDefault(group => group.Count() > 1) is
            { } twice
        )
        {
            throw new ArgumentException($"two variables or data are named '{twice.Key}'");
        }

        if (problem.Data.FirstOrDefault(data => data.Values.Length != data.Shape.Count) is { } misfit)
        {
            throw new ArgumentException(
                $"data '{misfit.Name}' are {misfit.Shape}, {misfit.Shape.Count} numbers; got {misfit.Values.Length}"
            );
        }
    }
}
