using FewShot.Bilevel;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Training;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Tests.Bilevel;

/// <summary>g = ½yᵀAy − yᵀBx and f = ½‖y − c‖² + ½‖x‖², of which everything is known.</summary>
public class BilevelSolverTests
{
    private const double Rate = 0.2;

    private static readonly Matrix<double> s_a = Matrix<double>.Build.DenseOfArray(
        new[,]
        {
            { 3, 1, 0 },
            { 1, 2, 0.5 },
            { 0, 0.5, 1.5 },
        }
    );
    private static readonly Matrix<double> s_b = Matrix<double>.Build.DenseOfArray(
        new[,]
        {
            { 1, 0.5 },
            { -1, 2 },
            { 0.3, 1.0 },
        }
    );
    private static readonly Vector<double> s_c = Vector<double>.Build.Dense([1, -1, 2.0]);
    private static readonly Vector<double> s_x = Vector<double>.Build.Dense([0.5, 0.5]);

    private static readonly BilevelProblem s_problem = new()
    {
        Upper = v => ((v["y"] - v["c"]).Square().Sum() + v["x"].Square().Sum()) * 0.5,
        Lower = v => (v["y"].Dot(v["a"].MatrixMultiply(v["y"])) * 0.5) - v["y"].Dot(v["b"].MatrixMultiply(v["x"])),
        UpperVariables = [new("x", new Shape(2, 1), Initializer.Constant(0.5))],
        LowerVariables = [new("y", new Shape(3, 1), Initializer.Constant(0))],
        Data = [Data("a", s_a), Data("b", s_b), Data("c", s_c.ToColumnMatrix())],
    };

    public static TheoryData<Hypergradient, int> Unrolled =>
        new()
        {
            { new Hypergradient.Forward(), 3 },
            { new Hypergradient.Reverse(), 3 },
            { new Hypergradient.Forward(), 40 },
            { new Hypergradient.Reverse(), 40 },
        };

    [Theory]
    [MemberData(nameof(Unrolled))]
    public void Forward_and_reverse_mode_are_the_derivative_of_the_steps(Hypergradient mode, int steps)
    {
        // y = S·Bx with S = β·Σ(I − βA)ᵏ.
        Matrix<double> once = Matrix<double>.Build.DenseIdentity(3) - (Rate * s_a);
        Matrix<double> s = Matrix<double>.Build.Dense(3, 3);
        for (int k = 0; k < steps; k++)
        {
            s += Rate * once.Power(k);
        }

        Equal(s_x + (s_b.Transpose() * s.Transpose() * ((s * s_b * s_x) - s_c)), Gradient(mode, steps), 1e-5);
    }

    [Fact]
    public void Truncated_reverse_mode_counts_the_last_steps_alone()
    {
        Matrix<double> once = Matrix<double>.Build.DenseIdentity(3) - (Rate * s_a);
        Matrix<double> y = Matrix<double>.Build.Dense(3, 3);
        for (int k = 0; k < 10; k++)
        {
            y += Rate * once.Power(k);
        }

        Matrix<double> last = Rate * (Matrix<double>.Build.DenseIdentity(3) + once);
        Equal(s_x + (s_b.Transpose() * last.Transpose() * ((y * s_b * s_x) - s_c)), Gradient(new Hypergradient.Reverse(2), 10), 1e-5);
    }

    [Fact]
    public void A_lower_loss_that_is_not_convex_is_told_and_damping_helps()
    {
        // g = cos y + x·y has curvature −cos y, −1 at y = 0; f = (y − 1)²/2 + 0·x.
        BilevelStep Step(double damping)
        {
            var problem = new BilevelProblem
            {
                Upper = v => ((v["y"] - 1).Square() * 0.5).Sum() + (v["x"] * 0).Sum(),
                Lower = v => (v["y"] + (Math.PI / 2)).Sine().Sum() + (v["x"] * v["y"]).Sum(),
                UpperVariables = [new("x", new Shape(1), Initializer.Constant(0))],
                LowerVariables = [new("y", new Shape(1), Initializer.Constant(0))],
            };
            using var solver = new BilevelSolver(
                problem,
                new BilevelOptions
                {
                    InnerSteps = 1,
                    InnerRate = 1e-3,
                    Hypergradient = new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(5) { Damping = damping }),
                    WarmStart = false,
                }
            );
            return solver.Differentiate();
        }

        BilevelStep plain = Step(0);
        Assert.True(plain.NegativeCurvature && plain.StoodStill);
        Assert.Equal(0, plain.GradientNorm);

        // −⟨∂²g/∂x∂y, v⟩ = −v with (−1 + 3)·v = ∇_y f = −1.
        BilevelStep damped = Step(3);
        Assert.False(damped.NegativeCurvature || damped.StoodStill);
        Assert.Equal(0.5, damped.GradientNorm, 1e-5);
    }

    [Fact]
    public void The_implicit_hypergradient_is_exact_at_the_solution() =>
        Equal(Exact(s_x), Gradient(new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(3)), 200), 1e-5);

    [Fact]
    public void Memory_does_not_grow_with_the_steps_but_for_reverse_mode()
    {
        long Bytes(Hypergradient mode, int steps)
        {
            using var solver = new BilevelSolver(s_problem, new BilevelOptions { InnerSteps = steps, Hypergradient = mode });
            return solver.PeakBytes;
        }

        var implicitly = new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(3));
        Assert.Equal(Bytes(implicitly, 1), Bytes(implicitly, 1000));
        Assert.Equal(Bytes(new Hypergradient.Forward(), 1), Bytes(new Hypergradient.Forward(), 1000));
        Assert.Equal(999 * 3 * sizeof(float), Bytes(new Hypergradient.Reverse(), 1000) - Bytes(new Hypergradient.Reverse(), 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_finds_the_solution(bool warm)
    {
        using var solver = new BilevelSolver(
            s_problem,
            new BilevelOptions
            {
                InnerSteps = warm ? 3 : 60,
                InnerRate = Rate,
                WarmStart = warm,
                Hypergradient = new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(warm ? 1 : 3)),
                Outer = new OuterOptimizerOptions(OptimizerKind.Sgd, Rate: 0.1, Momentum: 0),
            }
        );
        int told = 0;
        BilevelStep last = solver.Run(500, (iteration, _) => told = iteration);
        Assert.Equal(500, told);
        Assert.True(last.GradientNorm < 1e-4, $"{last.GradientNorm}");
        Vector<double> x = Vector<double>.Build.DenseOfEnumerable(solver.Upper.Values.Select(value => (double)value));
        Assert.True(Exact(x).L2Norm() < 1e-4);
    }

    [Fact]
    public void Data_can_be_exchanged()
    {
        using var solver = new BilevelSolver(s_problem, new BilevelOptions { InnerSteps = 100, InnerRate = Rate });
        double before = solver.Differentiate().UpperLoss;
        solver.SetData("c", [0, 0, 0]);
        Assert.NotEqual(before, solver.Differentiate().UpperLoss);
        Assert.Contains("it has: a, b, c", Assert.Throws<ArgumentException>(() => solver.SetData("d", [1])).Message);
        Assert.Contains("[3, 1], 3 numbers; got 2", Assert.Throws<ArgumentException>(() => solver.SetData("c", [1, 2])).Message);
    }

    [Fact]
    public void What_cannot_be_solved_is_refused()
    {
        Assert.Contains("named 'x'", Message(s_problem with { LowerVariables = [new("x", new Shape(1), Initializer.Constant(0))] }));
        Assert.Contains("at least one upper", Message(s_problem with { UpperVariables = [] }));
        Assert.Contains("'a' are [3, 3], 9 numbers; got 1", Message(s_problem with { Data = [new("a", new Shape(3, 3), [1])] }));
        Assert.Contains(
            "at most 256",
            Message(
                s_problem with
                {
                    UpperVariables =
                    [
                        new("x", new Shape(2, 1), Initializer.Constant(0)),
                        new("more", new Shape(300), Initializer.Constant(0)),
                    ],
                },
                new Hypergradient.Forward()
            )
        );
        Assert.Contains("9 of 5 inner steps", Message(s_problem, new Hypergradient.Reverse(9)));
        using var diverging = new BilevelSolver(s_problem, new BilevelOptions { InnerSteps = 500, InnerRate = 5 });
        Assert.Contains("lower InnerRate", Assert.Throws<TrainingDivergedException>(() => diverging.Step()).Message);

        static string Message(BilevelProblem problem, Hypergradient? mode = null) =>
            Assert
                .Throws<ArgumentException>(() =>
                    new BilevelSolver(problem, mode is null ? null : new BilevelOptions { InnerSteps = 5, Hypergradient = mode }).Dispose()
                )
                .Message;
    }

    public static TheoryData<Hypergradient> StepSizeModes => [new Hypergradient.Forward(), new Hypergradient.Reverse()];

    /// <summary>
    /// w ← w − ηHw, T times, at an η under which w grows by 2 in a step: ‖w‖² is no float, its logarithm and the derivative of that are
    /// (Wang 2020).
    /// </summary>
    [Theory]
    [MemberData(nameof(StepSizeModes))]
    public void A_log_loss_tunes_step_sizes_where_the_loss_itself_overflows(Hypergradient mode)
    {
        const int steps = 100;
        const double eta = 3;
        double[] curvatures = [1, 0.1];
        BilevelProblem Tuning(Func<Tensor, Tensor, Tensor> loss) =>
            new()
            {
                Upper = v => loss(v["w"], v["zero"]),
                Lower = v => (v["eta"] * (v["h"] * v["w"].Square()).Sum()) * 0.5,
                UpperVariables = [new("eta", Shape.Scalar, Initializer.Constant(eta))],
                LowerVariables = [new("w", new Shape(2), Initializer.Constant(1))],
                Data = [new("h", new Shape(2), [.. curvatures.Select(h => (float)h)]), new("zero", new Shape(2), [0, 0])],
            };
        var options = new BilevelOptions
        {
            InnerSteps = steps,
            InnerRate = 1,
            Hypergradient = mode,
        };
        double[] w = [.. curvatures.Select(h => Math.Pow(1 - (eta * h), steps))];
        double[] slope = [.. curvatures.Select(h => -h * steps * Math.Pow(1 - (eta * h), steps - 1))];
        using var rescaled = new BilevelSolver(Tuning((w, zero) => w.LogMeanSquaredError(zero)), options);
        Assert.Equal(Math.Log(w.Average(value => value * value)), rescaled.Differentiate().UpperLoss, 1e-3);
        Assert.Equal(2 * w.Zip(slope, (value, s) => value * s).Sum() / w.Sum(value => value * value), rescaled.Gradient[0], 1e-3);
        using var plain = new BilevelSolver(Tuning((w, zero) => w.MeanSquaredError(zero)), options);
        Assert.Throws<TrainingDivergedException>(() => plain.Differentiate());
    }

    private static Vector<double> Exact(Vector<double> x)
    {
        Vector<double> y = s_a.Solve(s_b * x);
        return x + (s_b.Transpose() * s_a.Solve(y - s_c));
    }

    private static float[] Gradient(Hypergradient mode, int steps)
    {
        using var solver = new BilevelSolver(
            s_problem,
            new BilevelOptions
            {
                InnerSteps = steps,
                InnerRate = Rate,
                Hypergradient = mode,
            }
        );
        solver.Differentiate();
        return solver.Gradient.ToArray();
    }

    private static DataTensor Data(string name, Matrix<double> values) =>
        new(name, new Shape(values.RowCount, values.ColumnCount), [.. values.ToRowMajorArray().Select(value => (float)value)]);

    private static void Equal(Vector<double> expected, float[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
