using FewShot.Checking;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Tests.Methods.MetaGradients;

public class ImplicitTests
{
    private const double Rate = 0.3;

    private static readonly TaskShape s_images = new(TaskKind.Classification, [16, 16, 1], 2, 2, 2);
    private static readonly Matrix<double> s_a = Matrix<double>.Build.DenseOfArray(
        new[,]
        {
            { 4, 1, 0 },
            { 1, 3, 1 },
            { 0, 1, 2.0 },
        }
    );
    private static readonly Vector<double> s_b = Vector<double>.Build.Dense([1, -2, 0.5]);

    [Theory]
    [InlineData("cg:3", 1e-12)]
    [InlineData("steepest:60", 1e-8)]
    [InlineData("neumann:60", 1e-6)]
    [InlineData("fixed-point:60", 1e-6)]
    public void Solvers_reach_the_solution(string solver, double tolerance)
    {
        Vector<double> exact = s_a.Solve(s_b);
        Assert.True((Solve(LinearSolver.Parse(solver, Rate), null) - exact).L2Norm() < tolerance);

        // From any guess, and without moving from the solution.
        Assert.True((Solve(LinearSolver.Parse(solver, Rate), Vector<double>.Build.Dense([9, -9, 9])) - exact).L2Norm() < 100 * tolerance);
        Assert.True((Solve(LinearSolver.Parse(solver, Rate) with { Iterations = 1 }, exact) - exact).L2Norm() < 1e-14);
    }

    [Theory]
    [InlineData("cg")]
    [InlineData("steepest")]
    [InlineData("neumann")]
    [InlineData("fixed-point")]
    public void Errors_fall_with_the_iterations(string solver)
    {
        Vector<double> exact = s_a.Solve(s_b);
        double[] errors =
        [
            .. new[] { 1, 2, 3, 8, 20 }.Select(n => (Solve(LinearSolver.Parse($"{solver}:{n}", Rate), null) - exact).L2Norm()),
        ];
        Assert.All(
            errors.Zip(errors.Skip(1)),
            pair => Assert.True(pair.Second < pair.First || pair.Second < 1e-14, string.Join(" ", errors))
        );
    }

    [Theory]
    [InlineData("cg:0", "number of iterations")]
    [InlineData("cg:two", "number of iterations")]
    [InlineData("gauss", "cg, steepest, neumann and fixed-point")]
    public void What_is_no_solver_is_refused(string text, string part) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => LinearSolver.Parse(text, Rate)).Message);

    [Theory]
    [InlineData("cg:3")]
    [InlineData("steepest:80")]
    [InlineData("neumann:80")]
    [InlineData("fixed-point:80")]
    public void A_solution_does_not_depend_on_the_size_of_the_right_hand_side(string solver)
    {
        // In float32, where squares of what is below 1e-19 are zero.
        Vector<double> exact = s_a.Solve(s_b);
        Assert.All(
            new[] { 1, 1e-8, 1e-16, 1e-25, 1e16 },
            size =>
            {
                (double[] v, bool negative, bool stood) = SolveSingle(LinearSolver.Parse(solver, Rate), s_a, s_b * size);
                Assert.True((Vector<double>.Build.Dense(v) / size - exact).L2Norm() < 1e-5, $"{size}: {string.Join(" ", v)}");
                Assert.Equal((false, false), (negative, stood));
            }
        );
        Assert.Equal([0.0, 0, 0], SolveSingle(LinearSolver.Parse(solver, Rate), s_a, s_b * 0).Solution);
    }

    [Theory]
    [InlineData("cg:20")]
    [InlineData("steepest:400")]
    [InlineData("neumann:400")]
    [InlineData("fixed-point:400")]
    public void Damping_solves_the_damped_system(string solver)
    {
        Vector<double> exact = (s_indefinite + (4 * Matrix<double>.Build.DenseIdentity(3))).Solve(s_b);
        (double[] v, bool negative, bool stood) = SolveSingle(LinearSolver.Parse(solver, 0.1) with { Damping = 4 }, s_indefinite, s_b);
        Assert.True((Vector<double>.Build.Dense(v) - exact).L2Norm() < 1e-5, string.Join(" ", v));
        Assert.Equal((false, false), (negative, stood));
        Assert.EndsWith("damped by 4", (LinearSolver.Parse(solver, 0.1) with { Damping = 4 }).Name);
    }

    [Theory]
    [InlineData("cg:3", true)]
    [InlineData("steepest:3", true)]
    [InlineData("neumann:3", false)]
    [InlineData("fixed-point:3", false)]
    public void Negative_curvature_and_standing_still_are_told(string solver, bool stands)
    {
        // bᵀHb = −8: conjugate gradients and steepest descent cannot take the first step.
        Vector<double> b = Vector<double>.Build.Dense([0, 2, 0]);
        (double[] v, bool negative, bool stood) = SolveSingle(LinearSolver.Parse(solver, 0.1), s_indefinite, b);
        Assert.Equal((true, stands), (negative, stood));
        Assert.Equal(stands, v.All(value => value == 0));
    }

    [Fact]
    public void Negative_curvature_along_a_later_direction_is_told_too()
    {
        // bᵀHb > 0, and the second direction of conjugate gradients has negative curvature; the residual then has it as well.
        Assert.Equal(
            (true, true),
            SolveSingle(LinearSolver.Parse("cg:9", Rate), s_indefinite, Vector<double>.Build.Dense([2, 1, 0])) is var found
                ? (found.Negative, found.Stood)
                : default
        );
    }

    [Fact]
    public void Damping_that_is_no_damping_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LinearSolver.Parse("cg", Rate) with { Damping = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { Damping = double.NaN });
        Assert.Contains(
            "has no linear system",
            Assert.Throws<ArgumentException>(() => Catalogue.Create("maml", new MethodOptions { Damping = 1 })).Message
        );
        Assert.Equal(0.5, ((Implicit)Catalogue.Create("imaml", new MethodOptions { Damping = 0.5 }).MetaGradient).Solver.Damping);
    }

    [Theory]
    [InlineData("mrml")]
    [InlineData("imaml")]
    public void A_damped_solver_passes_the_check(string row) =>
        Assert.True(
            MethodCheck
                .Run(
                    Catalogue.Create(
                        row,
                        new MethodOptions
                        {
                            Damping = 0.7,
                            InnerSteps = 2,
                            Solver = "cg:3",
                        }
                    )
                )
                .Passed
        );

    [Fact]
    public void Training_counts_the_tasks_whose_lower_level_is_not_convex()
    {
        // A hidden layer in a lower level with next to no regularisation.
        SolverIncidents Count(double? damping)
        {
            using MetaStep step = Step(
                new MethodOptions
                {
                    Pattern = Pattern.Parse("011"),
                    InnerSteps = 1,
                    Solver = "cg:20",
                    Damping = damping,
                },
                null,
                1,
                8,
                6
            );
            step.Run(s_source, 1, 0);
            return step.Solver!.Value;
        }

        SolverIncidents plain = Count(null);
        Assert.Equal(4, plain.Systems);
        Assert.InRange(plain.NegativeCurvature, 1, 4);
        Assert.InRange(plain.StoodStill, 0, plain.NegativeCurvature);
        Assert.Equal(new SolverIncidents(4, 0, 0), Count(100));
    }

    [Theory]
    [InlineData("11")]
    [InlineData("10;01")]
    public void A_lower_level_that_leaves_nothing_to_the_upper_one_is_refused(string pattern)
    {
        var options = new MethodOptions { Pattern = Pattern.Parse(pattern), InnerSteps = 2 };
        Assert.Contains("the implicit meta-gradient is zero", Assert.Throws<ArgumentException>(() => Step(options, null, 1)).Message);
    }

    [Theory]
    [InlineData("mrml", "steepest:4", false)]
    [InlineData("mrml", "cg:3", true)]
    [InlineData("imaml", "neumann:3", true)]
    public void Any_solver_and_a_warm_start_pass_the_check(string row, string solver, bool warm) =>
        Assert.True(
            MethodCheck
                .Run(
                    Catalogue.Create(
                        row,
                        new MethodOptions
                        {
                            Solver = solver,
                            WarmStart = warm,
                            InnerSteps = 3,
                        }
                    )
                )
                .Passed
        );

    [Theory]
    [InlineData("mrml")]
    [InlineData("imaml")]
    public void A_recomputed_support_pass_gives_the_same_for_less_memory(string row)
    {
        TaskPrograms graphs = Graphs(row, 3);
        var problem = new MethodCheckProblem(graphs, s_images, seed: 1);
        Dictionary<string, double[]> kept = Programs.Run(graphs.Training(s_images), problem.Values);
        Dictionary<string, double[]> recomputed = Programs.Run(graphs.Training(s_images, segmentSteps: 1), problem.Values);
        Assert.All(kept, pair => Assert.All(pair.Value.Zip(recomputed[pair.Key]), both => Assert.Equal(both.First, both.Second, 1e-10)));
        Assert.True(Peak(graphs, true) <= Peak(graphs, false));
        Assert.Contains(
            "with the support pass recomputed",
            Assert.Throws<ArgumentException>(() => RematerializationPlan.Within(1000, graphs, s_images)).Message
        );
    }

    [Fact]
    public void Memory_does_not_grow_with_the_inner_steps()
    {
        long one = Peak(Graphs("mrml", 1), false);
        Assert.Equal(one, Peak(Graphs("mrml", 20), false));
        Assert.Equal(one, Peak(Graphs("mrml", 100), false));
        Assert.True(Peak(Graphs("maml", 20), false) > 2 * one);
    }

    [Fact]
    public void Features_are_computed_once_and_the_support_loss_is_linearised_once()
    {
        // Four convolutions for the support set and four for the queries, each with its weight gradient and all but the first with its data
        // gradient: no more for any number of steps and iterations.
        int few = Programs.Convolutions(Graphs("mrml", 1).Training(s_images));
        Assert.Equal(8 + 8 + 6, few);
        TaskPrograms more = new(
            Catalogue.Create("mrml", new MethodOptions { InnerSteps = 30, Solver = "cg:40" }),
            Networks.Conv4(new Shape(16, 16, 1), 2, channels: 2),
            TaskKind.Classification,
            NormStatistics.Query
        );
        Assert.Equal(few, Programs.Convolutions(more.Training(s_images)));

        // Of iMAML's Hessian-vector products each costs six convolutions a layer, the first layer's data gradients excepted; forwards and
        // backwards are not repeated.
        int Imaml(int iterations) =>
            Programs.Convolutions(
                new TaskPrograms(
                    Catalogue.Create("imaml", new MethodOptions { InnerSteps = 1, Solver = $"cg:{iterations}" }),
                    Networks.Conv4(new Shape(16, 16, 1), 2, channels: 2),
                    TaskKind.Classification,
                    NormStatistics.Query
                ).Training(s_images)
            );
        Assert.True(Imaml(6) - Imaml(5) <= 6 * 4);
    }

    [Fact]
    public void A_warm_start_settles_at_what_many_steps_and_iterations_give()
    {
        using MetaStep cold = Step(new MethodOptions { InnerSteps = 2000, Solver = "cg:60" }, null, 1);
        cold.Run(s_source, 1, 0);
        using MetaStep warm = Step(
            new MethodOptions
            {
                InnerSteps = 5,
                Solver = "cg:2",
                WarmStart = true,
            },
            4,
            2
        );
        var errors = new List<double>();
        for (int visit = 0; visit < 400; visit++)
        {
            warm.Run(s_source, 1, visit * 4L);
            errors.Add(
                Math.Sqrt(warm.Gradient.Zip(cold.Gradient, (a, b) => Math.Pow(a - b, 2)).Sum() / cold.Gradient.Sum(g => (double)g * g))
            );
        }

        Assert.True(errors[0] > 0.05, $"{errors[0]}");
        Assert.True(errors[^1] < 1e-3, $"{errors[^1]}");
    }

    [Fact]
    public void Warm_starts_are_the_same_bits_for_any_number_of_workers()
    {
        float[] Run(int workers)
        {
            using MetaStep step = Step(
                new MethodOptions
                {
                    InnerSteps = 2,
                    Solver = "cg:2",
                    WarmStart = true,
                },
                6,
                workers
            );
            for (int i = 0; i < 5; i++)
            {
                step.Run(s_source, 1, i * 4L);
            }

            return [.. step.Gradient, .. step.TaskState.SelectMany(state => state.Values)];
        }

        Assert.Equal(Run(1), Run(3));
    }

    [Fact]
    public void Tasks_of_a_fixed_set_recur()
    {
        using MetaStep step = Step(new MethodOptions(), 4, 1);
        step.Run(s_source, 1, 0);
        float[] first = [.. step.Losses];
        step.Run(s_source, 1, 4);
        Assert.Equal(first, step.Losses);
        step.Run(s_source, 1, 2);
        Assert.Equal([first[2], first[3], first[0], first[1]], step.Losses);
    }

    [Fact]
    public void A_warm_start_without_recurring_tasks_is_refused()
    {
        Assert.Contains(
            "TrainingOptions.Tasks",
            Assert.Throws<ArgumentException>(() => Step(new MethodOptions { WarmStart = true }, null, 1)).Message
        );
        Assert.Contains(
            "cannot come from a fixed set of 3",
            Assert.Throws<ArgumentException>(() => Step(new MethodOptions { WarmStart = true }, 3, 1)).Message
        );
        Assert.Contains(
            "has no linear system",
            Assert.Throws<ArgumentException>(() => Catalogue.Create("maml", new MethodOptions { WarmStart = true })).Message
        );
        Assert.Contains(
            "has no linear system",
            Assert.Throws<ArgumentException>(() => Catalogue.Create("anil", new MethodOptions { Solver = "cg" })).Message
        );
    }

    private static readonly BlobTasks s_source = new(new TaskShape(TaskKind.Classification, [4], 3, 3, 6));

    private static MetaStep Step(MethodOptions options, int? tasks, int workers, params int[] hidden)
    {
        Method method = Catalogue.Create("mrml", options);
        Model model = Networks.Mlp(new Shape(4), 3, hidden is [] ? [6] : hidden);
        ParameterSet parameters = ParameterSet.Initialize(method.MetaParameters(model), 1);
        TaskPrograms graphs = new TaskPrograms(method, model, TaskKind.Classification, NormStatistics.Query);
        return new MetaStep(graphs, s_source.Shape, new SimdProgram(graphs.Training(s_source.Shape)), parameters, 4, workers, tasks);
    }

    private static TaskPrograms Graphs(string row, int steps) =>
        new(
            Catalogue.Create(row, new MethodOptions { InnerSteps = steps }),
            Networks.Conv4(new Shape(16, 16, 1), 2, channels: 2),
            TaskKind.Classification,
            NormStatistics.Query
        );

    private static long Peak(TaskPrograms graphs, bool checkpointed) =>
        new SimdProgram(graphs.Training(s_images, checkpointed ? 1 : 0)).PeakBytes;

    private static readonly Matrix<double> s_indefinite = Matrix<double>.Build.DenseOfArray(
        new[,]
        {
            { 4, 1, 0 },
            { 1, -2, 1 },
            { 0, 1, 2.0 },
        }
    );

    /// <summary>In float32, on the executor of training.</summary>
    private static (double[] Solution, bool Negative, bool Stood) SolveSingle(
        LinearSolver solver,
        Matrix<double> matrix,
        Vector<double> right
    )
    {
        var graph = new Graph();
        Tensor a = graph.Constant(matrix.ToRowMajorArray(), new Shape(3, 3));
        LinearSolution found = solver.Solve(vector => [a.MatrixMultiply(vector[0])], [graph.Input("b", new Shape(3, 1))]);
        graph.Output("v", found.Values[0]);
        graph.Output("negative", found.NegativeCurvature);
        graph.Output("stood", found.StoodStill);
        using IWorker<float> worker = new SimdProgram(graph).CreateWorker();
        right.Select(value => (float)value).ToArray().CopyTo(worker.Input(0));
        worker.Run();
        return ([.. worker.Output(0).ToArray().Select(value => (double)value)], worker.Output(1)[0] != 0, worker.Output(2)[0] != 0);
    }

    private static Vector<double> Solve(LinearSolver solver, Vector<double>? guess)
    {
        var graph = new Graph();
        Tensor a = graph.Constant(s_a.ToRowMajorArray(), new Shape(3, 3));
        Tensor b = graph.Constant(s_b.AsArray(), new Shape(3, 1));
        IReadOnlyList<Tensor> Map(IReadOnlyList<Tensor> vector) => [a.MatrixMultiply(vector[0])];
        graph.Output("v", solver.Solve(Map, [b], guess is null ? null : [graph.Constant(guess.AsArray(), new Shape(3, 1))]).Values[0]);
        using IWorker<double> worker = new ReferenceProgram(graph).CreateWorker();
        worker.Run();
        return Vector<double>.Build.DenseOfArray(worker.Output(0).ToArray());
    }

    [Theory]
    [InlineData("mrml")]
    [InlineData("imaml")]
    [InlineData("itd-bio")]
    [InlineData("aid-bio")]
    [InlineData("neumann")]
    public void A_lower_level_without_layers_is_refused(string row)
    {
        var shape = new TaskShape(TaskKind.Regression, [1], 1, 5, 5);
        Method method = Catalogue.Create(row, new MethodOptions { Pattern = Pattern.Parse("000") });
        ArgumentException error = Assert.Throws<ArgumentException>(() => method.Validate(Networks.Mlp(shape), shape));
        Assert.Contains("pattern 000 changes no layer", error.Message, StringComparison.Ordinal);
    }
}
