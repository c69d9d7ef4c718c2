using FewShot.Reporting;
using MathNet.Numerics.LinearAlgebra;

namespace FewShot.Studies;

/// <summary>
/// Convergence of memory-reduced meta-learning on <see cref="ConvergenceProblem"/>, with the outer step 1/L: over outer iterations with
/// every task in each of them (the deterministic setting), and over the number of tasks drawn in each (the stochastic one). Gradients
/// measured are the exact ones.
/// </summary>
internal static class ConvergenceStudy
{
    private const int Iterations = 6000;

    public static void Run(StudyFolder folder)
    {
        Deterministic(folder);
        Stochastic(folder);
    }

    private static void Deterministic(StudyFolder folder)
    {
        var problem = new ConvergenceProblem(tasks: 16, seed: 1);
        (string Name, int Steps, int Solver, bool Warm)[] settings =
        [
            ("cold, T = 2, N = 2", 2, 2, false),
            ("cold, T = 5, N = 5", 5, 5, false),
            ("cold, T = 10, N = 10", 10, 10, false),
            ("warm, T = 1, N = 1", 1, 1, true),
            ("warm, T = 5, N = 5", 5, 5, true),
        ];
        double[][] norms = [.. settings.Select(setting => Descend(problem, setting.Steps, setting.Solver, setting.Warm))];
        int[] shown = Shown(Iterations);
        double[] x = [.. shown.Select(k => k + 1.0)];
        folder.Save(
            "convergence-deterministic",
            new LineChart(
                "All 16 tasks in every iteration",
                new ChartAxis("outer iterations", AxisScale.Logarithmic),
                new ChartAxis("norm of the exact gradient", AxisScale.Logarithmic),
                [.. settings.Select((setting, i) => new LineSeries(setting.Name, x, [.. shown.Select(k => Math.Max(norms[i][k], 1e-17))]))]
            )
        );

        double[] mean = Running(norms[4]);
        double bound = 2 * problem.Smoothness * problem.Exact(ConvergenceProblem.Start).Value;
        folder.Save(
            "convergence-rate",
            new LineChart(
                "Sublinear rate: mean of the squared gradient over the iterations so far",
                new ChartAxis("outer iterations K", AxisScale.Logarithmic),
                new ChartAxis("(1/K)·Σ‖∇F‖²", AxisScale.Logarithmic),
                [
                    new LineSeries("warm, T = 5, N = 5", x, [.. shown.Select(k => mean[k])]),
                    new LineSeries("warm, T = 1, N = 1", x, [.. shown.Select(k => Running(norms[3])[k])]),
                    new LineSeries("2L·F(x₀)/K, the bound for exact gradients", x, [.. shown.Select(k => bound / (k + 1))])
                    {
                        Dashed = true,
                    },
                ]
            )
        );
        int[] rows = [1, 10, 100, 300, 1000, 3000, Iterations];
        folder.Save(
            "convergence-deterministic",
            ["iterations", .. settings.Select(setting => $"‖∇F‖, {setting.Name}"), "mean ‖∇F‖², warm T = 5", "bound 2L·F(x₀)/K"],
            rows.Select(k =>
                (IReadOnlyList<string>)
                    [
                        $"{k}",
                        .. norms.Select(norm => StudyFolder.Scientific(norm[k - 1])),
                        StudyFolder.Scientific(mean[k - 1]),
                        StudyFolder.Scientific(bound / k),
                    ]
            )
        );
    }

    private static double[] Descend(ConvergenceProblem problem, int steps, int iterations, bool warm)
    {
        using DoubleProgram program = ConvergenceProblem.Compile(steps, iterations);
        Vector<double> x = ConvergenceProblem.Start;
        Vector<double>[] y = [.. Enumerable.Range(0, problem.Tasks).Select(_ => ConvergenceProblem.LowerStart)];
        Vector<double>[] v = [.. Enumerable.Range(0, problem.Tasks).Select(_ => ConvergenceProblem.LowerStart)];
        double[] norms = new double[Iterations];
        for (int k = 0; k < Iterations; k++)
        {
            norms[k] = problem.Exact(x).Gradient.L2Norm();
            Vector<double> sum = x * 0;
            for (int task = 0; task < problem.Tasks; task++)
            {
                if (!warm)
                {
                    (y[task], v[task]) = (ConvergenceProblem.LowerStart, ConvergenceProblem.LowerStart);
                }

                sum += problem.Hypergradient(program, task, x, ref y[task], ref v[task]);
            }

            x -= sum / problem.Tasks / problem.Smoothness;
        }

        return norms;
    }

    private static void Stochastic(StudyFolder folder)
    {
        const int iterations = 400;
        const int seeds = 4;
        var problem = new ConvergenceProblem(tasks: 256, seed: 2);
        using DoubleProgram program = ConvergenceProblem.Compile(steps: 20, iterations: 10);
        int[] batches = [1, 2, 4, 8, 16, 32, 64];
        double[] floors = new double[batches.Length];
        var random = new Random();
        for (int i = 0; i < batches.Length; i++)
        {
            Vector<double> x = ConvergenceProblem.Start;
            for (int k = 0; k < iterations * seeds; k++)
            {
                if (k % iterations == 0)
                {
                    (random, x) = (new Random(7 + (k / iterations)), ConvergenceProblem.Start);
                }

                Vector<double> sum = x * 0;
                for (int task = 0; task < batches[i]; task++)
                {
                    (Vector<double> y, Vector<double> v) = (ConvergenceProblem.LowerStart, ConvergenceProblem.LowerStart);
                    sum += problem.Hypergradient(program, random.Next(problem.Tasks), x, ref y, ref v);
                }

                x -= sum / batches[i] / problem.Smoothness;
                floors[i] +=
                    k % iterations >= iterations / 2 ? Math.Pow(problem.Exact(x).Gradient.L2Norm(), 2) / (seeds * iterations / 2) : 0;
            }
        }

        double[] axis = [.. batches.Select(batch => (double)batch)];
        folder.Save(
            "convergence-batch",
            new LineChart(
                "Tasks drawn anew in every iteration",
                new ChartAxis("tasks in an iteration, B", AxisScale.Logarithmic),
                new ChartAxis("mean ‖∇F‖² of iterations 201 to 400, 4 runs", AxisScale.Logarithmic),
                [
                    new LineSeries("T = 20, N = 10", axis, floors) { Markers = true },
                    new LineSeries("1/B through the first", axis, [.. axis.Select(batch => floors[0] / batch)]) { Dashed = true },
                ]
            )
        );
        folder.Save(
            "convergence-batch",
            ["B", "mean ‖∇F‖²", "times B"],
            batches.Select(
                (batch, i) =>
                    (IReadOnlyList<string>)[$"{batch}", StudyFolder.Scientific(floors[i]), StudyFolder.Scientific(floors[i] * batch)]
            )
        );
    }

    private static double[] Running(double[] norms)
    {
        double[] mean = new double[norms.Length];
        double sum = 0;
        for (int k = 0; k < norms.Length; k++)
        {
            sum += norms[k] * norms[k];
            mean[k] = sum / (k + 1);
        }

        return mean;
    }

    /// <summary>Iterations spread evenly on a logarithmic axis.</summary>
    private static int[] Shown(int count) =>
        [.. Enumerable.Range(0, 121).Select(i => (int)Math.Round(Math.Pow(count, i / 120.0)) - 1).Distinct()];
}
