using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Checking;

public class MethodCheckTests(ITestOutputHelper output)
{
    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_of_the_catalogue_passes(string name)
    {
        MethodCheckResult result = MethodCheck.Run(Catalogue.Create(name));
        foreach (MethodCheckCase entry in result.Cases)
        {
            output.WriteLine(
                $"{entry.Name}: {entry.MaxRelativeError:E1} ({entry.Coordinates} compared, {entry.LeftOut} left out) {entry.Worst}"
            );
        }

        Assert.True(result.Passed);
        Assert.True(result.MaxRelativeError <= 1e-6);
        Assert.True(result.Coordinates >= 100);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Executors_agree_on_every_row(string name)
    {
        ExecutorComparison result = MethodCheck.CompareExecutors(Catalogue.Create(name));
        output.WriteLine(result.ToString());
        Assert.True(result.Passed, result.ToString());
    }

    [Fact]
    public void A_method_that_takes_a_pattern_or_truncates_passes_where_it_fits()
    {
        MethodCheckResult result = MethodCheck.Run(
            Catalogue.Create(
                "maml",
                new MethodOptions
                {
                    InnerSteps = 3,
                    ExactSteps = 1,
                    Pattern = FewShot.Methods.Patterns.Pattern.Parse("011;000;111"),
                }
            )
        );
        Assert.True(result.Passed);
        Assert.Contains("through the last 1 inner steps, with the gradients of the others held constant", result.Definition);
        Assert.All(result.Cases, entry => Assert.StartsWith("smooth mlp", entry.Name));
        Assert.Contains(
            "pattern 0101010 has 7 layers",
            Assert
                .Throws<ArgumentException>(() =>
                    MethodCheck.Run(
                        Catalogue.Create("maml", new MethodOptions { Pattern = FewShot.Methods.Patterns.Pattern.Parse("0101010") })
                    )
                )
                .Message
        );
    }

    [Theory]
    [InlineData("maml++", null)]
    [InlineData("maml", LearningRateScope.Scalar)]
    [InlineData("maml", LearningRateScope.Layer)]
    [InlineData("fomaml", LearningRateScope.LayerAndStep)]
    [InlineData("itd-bio", LearningRateScope.Parameter)]
    public void Learned_step_sizes_under_a_pattern_pass(string row, LearningRateScope? rates)
    {
        var options = new MethodOptions
        {
            InnerSteps = 3,
            Pattern = FewShot.Methods.Patterns.Pattern.Parse("001;101;011"),
            Rates = rates,
        };
        MethodCheckResult result = MethodCheck.Run(Catalogue.Create(row, options));
        Assert.True(
            result.Passed,
            string.Join('\n', result.Cases.Select(entry => $"{entry.Name}: {entry.MaxRelativeError:E1} {entry.Worst}"))
        );
    }

    /// <summary>The value of tanh with the derivative of the identity.</summary>
    [Theory]
    [InlineData("maml")]
    [InlineData("fomaml")]
    [InlineData("reptile")]
    [InlineData("maml++")]
    [InlineData("r2d2")]
    [InlineData("protonet")]
    public void An_operation_with_a_wrong_derivative_fails(string name)
    {
        var wrong = new Activation(x => x + (x.Tanh() - x).StopGradient());
        Assert.False(Run(name, wrong).Passed);
        Assert.True(Run(name, Activation.Tanh).Passed);
    }

    [Fact]
    public void Differences_are_those_of_the_derivative()
    {
        Assert.Equal(1, MethodCheckDifferences.Derivative(x => (Math.Exp(x), 0), (1, 0))!.Value, 1e-11);
        Assert.Equal(3, MethodCheckDifferences.Derivative(x => (Math.Sin(3 * x), 0), (0, 0))!.Value, 1e-10);
    }

    [Theory]
    [InlineData(1e-3, true)]
    [InlineData(-1e-5, true)]
    [InlineData(1e-7, false)]
    [InlineData(-1e-9, false)]
    public void Differences_keep_to_the_branch_they_start_on(double kink, bool found)
    {
        (double, ulong) Kinked(double x) => (Math.Abs(x - kink), x > kink ? 1ul : 0ul);
        double? derivative = MethodCheckDifferences.Derivative(Kinked, Kinked(0));
        Assert.Equal(found, derivative is not null);
        Assert.True(!found || Math.Abs(derivative!.Value + Math.Sign(kink)) < 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-3)]
    public void Coordinates_at_a_kink_are_left_out_and_counted(double distance)
    {
        // The bias sits on the kink, or a little beside it, for the one input there is.
        Method method = Catalogue.Create("maml");
        var model = new Model("m", new Shape(1), [("layer1", new Sequential(("linear", new Linear(1)), ("relu", Activation.Relu)))], 1);
        var problem = new MethodCheckProblem(
            new TaskPrograms(method, model, TaskKind.Regression, NormStatistics.Query),
            new TaskShape(TaskKind.Regression, [1], 1, 1, 1),
            seed: 1
        );
        problem.Values[TaskPrograms.SupportInputs] = [0];
        problem.Values[TaskPrograms.QueryInputs] = [0];
        problem.Values["layer1.linear.bias"] = [-distance];
        MethodCheckCase result = MethodCheck.Check(problem, seed: 1);
        Assert.Equal(distance == 0 ? 1 : 0, result.LeftOut);
        Assert.True(result.MaxRelativeError < 1e-6);
    }

    [Fact]
    public void A_meta_gradient_that_is_not_what_it_says_fails()
    {
        Method maml = Catalogue.Create("maml");
        Assert.False(Run(maml with { MetaGradient = new Scaled(1.00001) }, Activation.Tanh).Passed);
        Assert.True(Run(maml with { MetaGradient = new Scaled(1) }, Activation.Tanh).Passed);
        MethodCheckResult first = Run(maml with { MetaGradient = new ClaimedExact() }, Activation.Tanh);
        Assert.False(first.Passed);
        Assert.True(first.MaxRelativeError > 1e-3);
    }

    private static MethodCheckResult Run(string name, Activation activation) => Run(Catalogue.Create(name), activation);

    private static MethodCheckResult Run(Method method, Activation activation)
    {
        var model = new Model(
            "m",
            new Shape(3),
            [("layer1", new Sequential(("linear", new Linear(5)), ("activation", activation)))],
            method.Adaptation.NeedsHead ? 3 : 0
        );
        return MethodCheck.Run(method, model, new TaskShape(TaskKind.Classification, [3], 3, 6, 6));
    }

    /// <summary>The exact meta-gradient, a little too long.</summary>
    private sealed record Scaled(double Factor) : MetaGradient
    {
        public override string Order => "exact";

        public override MetaGradientTrace Trace(
            TaskContext task,
            AdaptationRule adaptation,
            Tensor queryInputs,
            Tensor queryTargets,
            IReadOnlyList<string> trained
        )
        {
            MetaGradientTrace exact = new Unrolled().Trace(task, adaptation, queryInputs, queryTargets, trained);
            return exact with { Gradients = exact.Gradients.Select((_, gradient) => gradient * Factor) };
        }
    }

    /// <summary>The first-order meta-gradient under the name of the exact one.</summary>
    private sealed record ClaimedExact : MetaGradient
    {
        public override string Order => "exact";

        public override MetaGradientTrace Trace(
            TaskContext task,
            AdaptationRule adaptation,
            Tensor queryInputs,
            Tensor queryTargets,
            IReadOnlyList<string> trained
        ) => new Unrolled(0).Trace(task, adaptation, queryInputs, queryTargets, trained);
    }
}
