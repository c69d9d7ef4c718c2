using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Checking;

/// <summary>
/// Proves a method: that its meta-gradient is what its definition says, by central differences in double through the whole inner loop; and
/// that the fast executor computes what the reference executor does. The problems are small and made here, so nothing has to be trained or
/// downloaded.
/// </summary>
/// <remarks>
/// A meta-gradient is by default the derivative of the query loss after adaptation. Where a method defines it otherwise the check follows
/// that definition and says so: first-order and truncated methods hold the gradients of their inexact steps constant, Reptile's is the
/// displacement φ − θᴷ. The definition is evaluated by a second implementation of the inner loop, not by the graph that is checked.
/// </remarks>
public static class MethodCheck
{
    /// <summary>The largest relative error of a meta-gradient that passes.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>The largest relative difference between the executors that passes: float32 through several inner steps.</summary>
    public const double ExecutorTolerance = 1e-3;

    /// <summary>
    /// The displacement δ of differences of gradients where the executors are compared: what rounding leaves of them must be less than the
    /// tolerance.
    /// </summary>
    private const double ExecutorDelta = 1e-3;

    /// <summary>
    /// Errors of components below this share of the largest are measured against that share: differences cannot resolve them better.
    /// </summary>
    private const double Floor = 1e-3;

    /// <summary>
    /// Checks a method on every small problem that it can serve: a smooth network with normalisation (classification, regression) and conv4
    /// (classification), each with query, support and running statistics.
    /// </summary>
    /// <param name="method">The method to check.</param>
    /// <param name="seed">The seed of the problems and of the coordinates that are compared.</param>
    /// <exception cref="ArgumentException">None of the problems suits the method; the message says why.</exception>
    public static MethodCheckResult Run(Method method, ulong seed = 1) =>
        Summarize(method, [.. MethodCheckProblem.All(method, seed).Select(problem => Check(problem, seed))]);

    /// <summary>Checks a method with one network of its own.</summary>
    /// <param name="method">The method to check.</param>
    /// <param name="model">The network; keep it small, every difference runs the whole inner loop.</param>
    /// <param name="shape">The sizes of the tasks.</param>
    /// <param name="statistics">Where normalisation takes its statistics from.</param>
    /// <param name="seed">The seed of the problem and of the coordinates that are compared.</param>
    /// <exception cref="ArgumentException">The network or the tasks do not suit the method; the message says why.</exception>
    public static MethodCheckResult Run(
        Method method,
        Models.Model model,
        TaskShape shape,
        Models.NormStatistics statistics = Models.NormStatistics.Support,
        ulong seed = 1
    ) => Summarize(method, [Check(new MethodCheckProblem(new TaskPrograms(method, model, shape.Kind, statistics), shape, seed), seed)]);

    /// <summary>
    /// Runs one task of a meta-step of every small problem on both executors, and compares all they give: loss, predictions and every
    /// gradient. Differences of gradients (hf-maml) are taken over a distance of 1e-3 here, for over that of training single values keep
    /// few digits.
    /// </summary>
    /// <param name="method">The method to run.</param>
    /// <param name="seed">The seed of the problems.</param>
    /// <exception cref="ArgumentException">None of the problems suits the method; the message says why.</exception>
    public static ExecutorComparison CompareExecutors(Method method, ulong seed = 1)
    {
        if (method.MetaGradient is HessianFree free)
        {
            method = method with { MetaGradient = free with { Delta = ExecutorDelta } };
        }

        (double error, string worst, int values) = (0, "", 0);
        foreach (MethodCheckProblem problem in MethodCheckProblem.All(method, seed))
        {
            Graph graph = problem.Graphs.Training(problem.Shape);
            var fast = new SimdProgram(graph);
            using IWorker<double> reference = new ReferenceProgram(graph).CreateWorker();
            using IWorker<float> worker = fast.CreateWorker();
            for (int i = 0; i < fast.InputNames.Count; i++)
            {
                double[] given = problem.Values[fast.InputNames[i]];
                for (int j = 0; j < given.Length; j++)
                {
                    worker.Input(i)[j] = (float)given[j];
                    reference.Input(i)[j] = (float)given[j];
                }
            }

            reference.Run();
            worker.Run();
            double gradients = Enumerable
                .Range(0, fast.OutputNames.Count)
                .Where(i => fast.OutputNames[i].StartsWith(TaskPrograms.Gradient, StringComparison.Ordinal))
                .Max(i => Largest(reference.Output(i)));
            for (int i = 0; i < fast.OutputNames.Count; i++)
            {
                ReadOnlySpan<double> expected = reference.Output(i);
                double scale = Math.Max(
                    Largest(expected),
                    fast.OutputNames[i].StartsWith(TaskPrograms.Gradient, StringComparison.Ordinal) ? gradients * 0.1 : 0
                );
                values += expected.Length;
                for (int j = 0; j < expected.Length; j++)
                {
                    double relative = Math.Abs(worker.Output(i)[j] - expected[j]) / scale;
                    if (!(relative <= error))
                    {
                        (error, worst) = (relative, $"{fast.OutputNames[i]}[{j}] of {problem.Name}");
                    }
                }
            }
        }

        return new ExecutorComparison(method.Name, error, ExecutorTolerance, error <= ExecutorTolerance, values, worst);
    }

    private static MethodCheckResult Summarize(Method method, IReadOnlyList<MethodCheckCase> cases)
    {
        // NaN is the largest error there is.
        double error = cases.Any(entry => double.IsNaN(entry.MaxRelativeError)) ? double.NaN : cases.Max(entry => entry.MaxRelativeError);
        return new MethodCheckResult(
            method.Name,
            method.MetaGradient.Order,
            MethodCheckDefinition.Describe(method),
            error,
            Tolerance,
            error <= Tolerance && cases.All(entry => entry.Coordinates > entry.LeftOut),
            cases.Sum(entry => entry.Coordinates),
            cases.Sum(entry => entry.LeftOut),
            cases
        );
    }

    internal static MethodCheckCase Check(MethodCheckProblem problem, ulong seed)
    {
        Dictionary<string, double[]> gradients = problem.MetaGradient();
        double floor = Floor * gradients.Values.Max(gradient => Largest(gradient));
        using MethodCheckDefinition definition = MethodCheckDefinition.Of(problem);
        (double error, string worst, int compared, int leftOut) = (0, "", 0, 0);
        uint stream = 0;
        foreach ((string name, double[] gradient) in gradients)
        {
            var random = new CounterRandom(seed, 0x43484b, stream++);
            (double Value, ulong Branches) start = definition.At(name, new double[gradient.Length], 0);
            foreach ((string label, double[] direction) in Directions(gradient.Length, random))
            {
                if (MethodCheckDifferences.Derivative(step => definition.At(name, direction, step), start) is not { } expected)
                {
                    leftOut++;
                    continue;
                }

                compared++;
                double given = gradient.Zip(direction, (g, d) => g * d).Sum();
                double relative = Math.Abs(given - expected) / Math.Max(Math.Max(Math.Abs(given), Math.Abs(expected)), floor);
                if (!(relative <= error))
                {
                    (error, worst) = (relative, $"{name}{label}: {given:R}, should be {expected:R}");
                }
            }
        }

        return new MethodCheckCase(problem.Name, problem.Shape.Kind, problem.Graphs.Statistics, error, worst, compared, leftOut);
    }

    /// <summary>
    /// The directions to compare along: all coordinates of a small tensor; of a larger one a random one, and a random direction that no
    /// coordinate escapes.
    /// </summary>
    private static IEnumerable<(string Label, double[] Direction)> Directions(int count, CounterRandom random)
    {
        const int small = 3;
        for (int i = 0; i < Math.Min(count, count <= small ? small : 1); i++)
        {
            int coordinate = count <= small ? i : random.NextInt32(count);
            double[] unit = new double[count];
            unit[coordinate] = 1;
            yield return ($"[{coordinate}]", unit);
        }

        if (count > small)
        {
            double[] direction = new double[count];
            foreach (ref double value in direction.AsSpan())
            {
                value = random.NextNormal();
            }

            double length = Math.Sqrt(direction.Sum(value => value * value));
            yield return (" along a random direction", [.. direction.Select(value => value / length)]);
        }
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        double largest = 0;
        foreach (double value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }
}
