using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Tests.Methods.MetaGradients;

/// <summary>
/// A straight line fitted by gradient descent: with H = (2/n)·XᵀX and c = (2/n)·Xᵀy the inner steps are θ ← θ − α(Hθ − c), so everything
/// has a closed form.
/// </summary>
public class QuadraticTests
{
    private const double Rate = 0.3;

    private static readonly double[] s_supportX = [0.5, -1, 2, 0.1];
    private static readonly double[] s_supportY = [1, 0, -1, 2];
    private static readonly double[] s_queryX = [1, -0.5, 0.3];
    private static readonly double[] s_queryY = [0.5, 1, -1];
    private static readonly Vector<double> s_start = Vector<double>.Build.Dense([0.7, -0.4]);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Exact_meta_gradient_is_the_product_of_all_steps(int steps)
    {
        Matrix<double> step = Matrix<double>.Build.DenseIdentity(2) - (Rate * Hessian(s_supportX));
        Equal(step.Power(steps) * QueryGradient(Adapted(steps)), Gradient(Descent(steps), new Unrolled()));
    }

    [Fact]
    public void First_order_meta_gradient_is_the_query_gradient_at_the_adapted_parameters() =>
        Equal(QueryGradient(Adapted(3)), Gradient(Descent(3), new Unrolled(0)));

    [Fact]
    public void Truncated_meta_gradient_passes_through_the_last_steps_alone()
    {
        Matrix<double> step = Matrix<double>.Build.DenseIdentity(2) - (Rate * Hessian(s_supportX));
        Equal(step * step * QueryGradient(Adapted(3)), Gradient(Descent(3), new Unrolled(2)));
    }

    [Fact]
    public void All_steps_exact_is_exact() => Assert.Equal(Gradient(Descent(3), new Unrolled()), Gradient(Descent(3), new Unrolled(3)));

    [Fact]
    public void Reptile_descends_the_displacement() => Equal(s_start - Adapted(3), Gradient(Descent(3), new Reptile()));

    [Theory]
    [InlineData(LearningRateScope.Scalar)]
    [InlineData(LearningRateScope.Layer)]
    [InlineData(LearningRateScope.LayerAndStep)]
    [InlineData(LearningRateScope.Parameter)]
    public void Learned_step_sizes_get_their_gradient(LearningRateScope scope)
    {
        Vector<double> support = SupportGradient(s_start);
        Vector<double> query = QueryGradient(Adapted(1));
        Dictionary<string, double[]> gradients = Gradients(new GradientDescent(1, new LearningRate(Rate, scope)), new Unrolled());
        double[] rates =
        [
            .. gradients.Where(pair => pair.Key.StartsWith("inner_rate", StringComparison.Ordinal)).SelectMany(pair => pair.Value),
        ];
        double[] expected =
            scope == LearningRateScope.Parameter ? [-support[0] * query[0], -support[1] * query[1]] : [-support.DotProduct(query)];
        Assert.Equal(expected.Length, rates.Length);
        Assert.All(rates.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-12));
    }

    [Fact]
    public void Multi_step_loss_weighs_the_query_loss_after_every_step()
    {
        Matrix<double> step = Matrix<double>.Build.DenseIdentity(2) - (Rate * Hessian(s_supportX));
        var multi = new Unrolled { MultiStepLoss = true };
        double[] weights = [0.2, 0.3, 0.5];
        Vector<double> expected = Vector<double>.Build.Dense(2);
        for (int k = 1; k <= 3; k++)
        {
            expected += weights[k - 1] * (step.Power(k) * QueryGradient(Adapted(k)));
        }

        Equal(expected, Gradient(Descent(3), multi, weights));
        Equal(step.Power(3) * QueryGradient(Adapted(3)), Gradient(Descent(3), multi, [0, 0, 1]));
    }

    private static GradientDescent Descent(int steps) => new(steps, new LearningRate(Rate));

    private static Matrix<double> Design(double[] x) => Matrix<double>.Build.DenseOfColumnArrays(x, [.. x.Select(_ => 1.0)]);

    private static Matrix<double> Hessian(double[] x) => 2.0 / x.Length * Design(x).TransposeThisAndMultiply(Design(x));

    private static Vector<double> SupportGradient(Vector<double> theta) =>
        (Hessian(s_supportX) * theta)
        - (2.0 / s_supportX.Length * (Design(s_supportX).Transpose() * Vector<double>.Build.Dense(s_supportY)));

    private static Vector<double> QueryGradient(Vector<double> theta) =>
        (Hessian(s_queryX) * theta) - (2.0 / s_queryX.Length * (Design(s_queryX).Transpose() * Vector<double>.Build.Dense(s_queryY)));

    private static Vector<double> Adapted(int steps)
    {
        Vector<double> theta = s_start;
        for (int k = 0; k < steps; k++)
        {
            theta -= Rate * SupportGradient(theta);
        }

        return theta;
    }

    private static double[] Gradient(GradientDescent descent, MetaGradient gradient, double[]? weights = null)
    {
        Dictionary<string, double[]> all = Gradients(descent, gradient, weights);
        return [all["head.weight"][0], all["head.bias"][0]];
    }

    private static Dictionary<string, double[]> Gradients(GradientDescent descent, MetaGradient gradient, double[]? weights = null)
    {
        var method = new Method("line", "", "", descent, gradient, TaskWeighting.Uniform);
        TaskPrograms graphs = new TaskPrograms(method, Networks.Mlp(new Shape(1), 1, []), TaskKind.Regression, NormStatistics.Query);
        var problem = new MethodCheckProblem(graphs, new TaskShape(TaskKind.Regression, [1], 1, 4, 3), seed: 1);
        foreach ((string name, double[] value) in problem.Values.Where(pair => pair.Key.StartsWith("inner_rate", StringComparison.Ordinal)))
        {
            value.AsSpan().Fill(Rate);
        }

        problem.Values["head.weight"] = [s_start[0]];
        problem.Values["head.bias"] = [s_start[1]];
        problem.Values[TaskPrograms.SupportInputs] = s_supportX;
        problem.Values[TaskPrograms.SupportTargets] = s_supportY;
        problem.Values[TaskPrograms.QueryInputs] = s_queryX;
        problem.Values[TaskPrograms.QueryTargets] = s_queryY;
        problem.Values[Unrolled.StepWeights] = weights ?? [];
        return problem.MetaGradient();
    }

    private static void Equal(Vector<double> expected, double[] actual)
    {
        Assert.Equal(expected[0], actual[0], 1e-12);
        Assert.Equal(expected[1], actual[1], 1e-12);
    }
}
