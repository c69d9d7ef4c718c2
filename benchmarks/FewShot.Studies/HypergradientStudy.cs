using FewShot.Bilevel;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Reporting;
using MathNet.Numerics.LinearAlgebra;

namespace FewShot.Studies;

/// <summary>
/// The error of hypergradients on a quadratic with known answer: f = ½‖y − c‖² + 0.05‖x‖², g = ½yᵀAy − yᵀBx, so that y* = A⁻¹Bx and
/// ∇F = 0.1x + BᵀA⁻¹(y* − c). A is 20 × 20 with eigenvalues from 0.5 to 5, x has 5 numbers, β = 0.3.
/// </summary>
internal static class HypergradientStudy
{
    private const int LowerSize = 20;
    private const int UpperSize = 5;
    private const double Rate = 0.3;

    private static readonly int[] s_iterations = [1, 2, 3, 5, 8, 12, 20, 30, 50, 80];
    private static readonly int[] s_steps = [1, 2, 5, 10, 20, 50, 100, 200];

    public static void Run(StudyFolder folder)
    {
        var random = new Random(1);
        Matrix<double> a = DoubleProgram.Symmetric(LowerSize, 0.5, 5, random);
        Matrix<double> b = DoubleProgram.Normal(LowerSize, UpperSize, random);
        Vector<double> c = DoubleProgram.Normal(LowerSize, 1, random).Column(0);
        Vector<double> x = DoubleProgram.Normal(UpperSize, 1, random).Column(0);
        Vector<double> solution = a.Solve(b * x);
        Vector<double> exact = (0.1 * x) + (b.Transpose() * a.Solve(solution - c));

        Func<int, LinearSolver>[] solvers =
        [
            n => new LinearSolver.ConjugateGradients(n, 1e-14),
            n => new LinearSolver.SteepestDescent(n),
            n => new LinearSolver.FixedPoint(n, Rate),
            n => new LinearSolver.Neumann(n, Rate),
        ];
        string[] names = ["conjugate gradients", "steepest descent", "fixed point", "Neumann series"];
        double[][] bySolver =
        [
            .. solvers.Select(solver => s_iterations.Select(n => Error(Implicit(a, b, c, x, solution, solver(n)), exact)).ToArray()),
        ];
        folder.Save(
            "hypergradient-iterations",
            new LineChart(
                "Error of the implicit hypergradient at the lower solution",
                new ChartAxis("iterations of the solver, N", AxisScale.Logarithmic),
                new ChartAxis("relative error, in double", AxisScale.Logarithmic),
                [
                    .. names.Select(
                        (name, i) =>
                            new LineSeries(
                                name,
                                [.. s_iterations.Select(n => (double)n)],
                                [.. bySolver[i].Select(error => Math.Max(error, 1e-16))]
                            )
                            {
                                Markers = true,
                            }
                    ),
                ]
            )
        );
        folder.Save(
            "hypergradient-iterations",
            ["N", .. names],
            s_iterations.Select((n, i) => (IReadOnlyList<string>)[$"{n}", .. bySolver.Select(errors => StudyFolder.Scientific(errors[i]))])
        );

        (string Name, Func<int, Hypergradient> Mode)[] modes =
        [
            ("implicit, 20 CG iterations", _ => new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(20))),
            ("implicit, T fixed-point iterations", t => new Hypergradient.Implicit(new LinearSolver.FixedPoint(t, Rate))),
            ("reverse mode through T steps", _ => new Hypergradient.Reverse()),
            ("forward mode through T steps", _ => new Hypergradient.Forward()),
            ("reverse mode, last 5 steps", t => new Hypergradient.Reverse(Math.Min(t, 5))),
        ];
        BilevelProblem problem = Problem(a, b, c);
        (double Error, long Bytes)[][] byMode = modes
            .Select(mode => s_steps.Select(t => Solve(problem, mode.Mode(t), t, x, exact)).ToArray())
            .ToArray();
        folder.Save(
            "hypergradient-steps",
            new LineChart(
                "Error of hypergradients after T inner steps from 0",
                new ChartAxis("inner steps, T", AxisScale.Logarithmic),
                new ChartAxis("relative error, in float32", AxisScale.Logarithmic),
                [
                    .. modes.Select(
                        (mode, i) =>
                            new LineSeries(mode.Name, [.. s_steps.Select(t => (double)t)], [.. byMode[i].Select(result => result.Error)])
                            {
                                Markers = true,
                                Dashed = i == 3,
                            }
                    ),
                ]
            )
        );
        folder.Save(
            "hypergradient-steps",
            ["T", .. modes.Select(mode => mode.Name), "bytes, implicit", "bytes, reverse"],
            s_steps.Select(
                (t, i) =>
                    (IReadOnlyList<string>)
                        [
                            $"{t}",
                            .. byMode.Select(results => StudyFolder.Scientific(results[i].Error)),
                            StudyFolder.Whole(byMode[0][i].Bytes),
                            StudyFolder.Whole(byMode[2][i].Bytes),
                        ]
            )
        );
    }

    private static Vector<double> Implicit(
        Matrix<double> a,
        Matrix<double> b,
        Vector<double> c,
        Vector<double> x,
        Vector<double> y,
        LinearSolver solver
    )
    {
        var graph = new Graph();
        Tensor at = graph.Input("a", new Shape(LowerSize, LowerSize));
        Tensor bt = graph.Input("b", new Shape(LowerSize, UpperSize));
        Tensor ct = graph.Input("c", new Shape(LowerSize, 1));
        BilevelTrace trace = BilevelGradient.Trace(
            (u, v) => Upper(u[0], v[0], ct),
            (u, v) => Lower(u[0], v[0], at, bt),
            [graph.Input("x", new Shape(UpperSize, 1))],
            [graph.Input("y", new Shape(LowerSize, 1))],
            solver
        );
        graph.Output("gradient", trace.Gradients[0]);
        using var program = new DoubleProgram(graph);
        program.Set("a", a);
        program.Set("b", b);
        program.Set("c", c);
        program.Set("x", x);
        program.Set("y", y);
        program.Run();
        return program.Get("gradient");
    }

    private static BilevelProblem Problem(Matrix<double> a, Matrix<double> b, Vector<double> c) =>
        new()
        {
            Upper = v => Upper(v["x"], v["y"], v["c"]),
            Lower = v => Lower(v["x"], v["y"], v["a"], v["b"]),
            UpperVariables = [new("x", new Shape(UpperSize, 1), Initializer.Constant(0))],
            LowerVariables = [new("y", new Shape(LowerSize, 1), Initializer.Constant(0))],
            Data =
            [
                new("a", new Shape(LowerSize, LowerSize), [.. a.ToRowMajorArray().Select(value => (float)value)]),
                new("b", new Shape(LowerSize, UpperSize), [.. b.ToRowMajorArray().Select(value => (float)value)]),
                new("c", new Shape(LowerSize, 1), [.. c.Select(value => (float)value)]),
            ],
        };

    private static (double Error, long Bytes) Solve(
        BilevelProblem problem,
        Hypergradient mode,
        int steps,
        Vector<double> x,
        Vector<double> exact
    )
    {
        using var solver = new BilevelSolver(
            problem,
            new BilevelOptions
            {
                InnerSteps = steps,
                InnerRate = Rate,
                Hypergradient = mode,
                WarmStart = false,
            }
        );
        x.Select(value => (float)value).ToArray().CopyTo(solver.Upper.Values, 0);
        solver.Differentiate();
        return (
            Error(Vector<double>.Build.DenseOfEnumerable(solver.Gradient.ToArray().Select(value => (double)value)), exact),
            solver.PeakBytes
        );
    }

    private static Tensor Upper(Tensor x, Tensor y, Tensor c) => ((y - c).Square().Sum() * 0.5) + (x.Square().Sum() * 0.05);

    private static Tensor Lower(Tensor x, Tensor y, Tensor a, Tensor b) => (y.Dot(a.MatrixMultiply(y)) * 0.5) - y.Dot(b.MatrixMultiply(x));

    private static double Error(Vector<double> found, Vector<double> exact) => (found - exact).L2Norm() / exact.L2Norm();
}
