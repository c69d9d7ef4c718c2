using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using MathNet.Numerics.LinearAlgebra;

namespace FewShot.Studies;

/// <summary>
/// Tasks whose lower level is a quadratic and whose upper level is bounded, smooth and not convex, so that every constant is known:
/// g_i = ½yᵀA_iy − yᵀ(C_ix + b_i) with 0.5·I ≤ A_i ≤ 2·I, so y_i* = P_ix + r_i; f_i = Σ_j ℓ(y_j − t_ij) with ℓ(e) = e²/(1 + e²), |ℓ″| ≤ 2.
/// Hence F = mean f_i(y_i*) has ∇F = mean P_iᵀℓ′(y_i* − t_i), a Lipschitz constant of the gradient of at most L = 2·mean‖P_i‖², and F ≥ 0.
/// </summary>
internal sealed class ConvergenceProblem
{
    private const int LowerSize = 12;
    private const int UpperSize = 6;

    /// <summary>2/(μ + L) of the lower level: the best fixed step.</summary>
    private const double Rate = 0.8;

    private readonly (Matrix<double> A, Matrix<double> C, Vector<double> B, Vector<double> T, Matrix<double> P, Vector<double> R)[] _tasks;

    public ConvergenceProblem(int tasks, ulong seed)
    {
        var random = new Random((int)seed);
        _tasks =
        [
            .. Enumerable
                .Range(0, tasks)
                .Select(_ =>
                {
                    Matrix<double> a = DoubleProgram.Symmetric(LowerSize, 0.5, 2, random);
                    Matrix<double> c = DoubleProgram.Normal(LowerSize, UpperSize, random) * 0.4;
                    Vector<double> b = DoubleProgram.Normal(LowerSize, 1, random).Column(0);
                    Vector<double> t = DoubleProgram.Normal(LowerSize, 1, random).Column(0);
                    return (a, c, b, t, a.Solve(c), a.Solve(b));
                }),
        ];
        Smoothness = 2 * _tasks.Average(task => Math.Pow(task.P.L2Norm(), 2));
    }

    public int Tasks => _tasks.Length;

    /// <summary>L.</summary>
    public double Smoothness { get; }

    public static Vector<double> Start => Vector<double>.Build.Dense(UpperSize, 1);

    public (double Value, Vector<double> Gradient) Exact(Vector<double> x)
    {
        double value = 0;
        Vector<double> gradient = Vector<double>.Build.Dense(UpperSize);
        foreach (
            (Matrix<double> A, Matrix<double> C, Vector<double> B, Vector<double> T, Matrix<double> P, Vector<double> R) task in _tasks
        )
        {
            Vector<double> e = (task.P * x) + task.R - task.T;
            value += e.Sum(part => part * part / (1 + (part * part)));
            gradient += task.P.TransposeThisAndMultiply(e.Map(part => 2 * part / Math.Pow(1 + (part * part), 2)));
        }

        return (value / Tasks, gradient / Tasks);
    }

    /// <summary>
    /// One task's part of an iteration, traced as memory-reduced meta-learning computes it: T steps from y, CG from v, hypergradient.
    /// </summary>
    public static DoubleProgram Compile(int steps, int iterations)
    {
        var graph = new Graph();
        Tensor a = graph.Input("a", new Shape(LowerSize, LowerSize));
        Tensor c = graph.Input("c", new Shape(LowerSize, UpperSize));
        Tensor b = graph.Input("b", new Shape(LowerSize, 1));
        Tensor t = graph.Input("t", new Shape(LowerSize, 1));
        Tensor x = graph.Input("x", new Shape(UpperSize, 1));
        Tensor y = graph.Input("y", new Shape(LowerSize, 1));
        Tensor v = graph.Input("v", new Shape(LowerSize, 1));
        for (int step = 0; step < steps; step++)
        {
            y -= Differentiate.Gradients(Lower(x, y), y)[0] * Rate;
        }

        BilevelTrace trace = BilevelGradient.Trace(
            (_, lower) => Bounded(lower[0] - t),
            (upper, lower) => Lower(upper[0], lower[0]),
            [x],
            [y],
            new LinearSolver.ConjugateGradients(iterations, 1e-15),
            [v]
        );
        graph.Output("y", y);
        graph.Output("v", trace.Solution.Values[0]);
        graph.Output("gradient", trace.Gradients[0]);
        return new DoubleProgram(graph);

        Tensor Lower(Tensor upper, Tensor lower) => (lower.Dot(a.MatrixMultiply(lower)) * 0.5) - lower.Dot(c.MatrixMultiply(upper) + b);

        static Tensor Bounded(Tensor e) => (e.Square() / (e.Square() + 1)).Sum();
    }

    /// <summary>The hypergradient of one task; y and v are moved.</summary>
    public Vector<double> Hypergradient(DoubleProgram program, int task, Vector<double> x, ref Vector<double> y, ref Vector<double> v)
    {
        program.Set("a", _tasks[task].A);
        program.Set("c", _tasks[task].C);
        program.Set("b", _tasks[task].B);
        program.Set("t", _tasks[task].T);
        program.Set("x", x);
        program.Set("y", y);
        program.Set("v", v);
        program.Run();
        (y, v) = (program.Get("y"), program.Get("v"));
        return program.Get("gradient");
    }

    public static Vector<double> LowerStart => Vector<double>.Build.Dense(LowerSize);
}
