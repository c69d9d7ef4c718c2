using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Tests.Methods.Adaptation;

/// <summary>
/// Closed forms in function space against the gradient flows they are the integrals of, integrated here step by step in plain numbers.
/// </summary>
public class FunctionSpaceTests
{
    private const string Support = TaskPrograms.SupportInputs;
    private const string Query = TaskPrograms.QueryInputs;

    /// <summary>
    /// On a linear model the kernel is that of its parameters, and the flow goes down ½Σ(f − Y)² + (λ/2s)‖θ − φ‖² with s the scale of the
    /// kernel, from φ.
    /// </summary>
    [Theory]
    [InlineData("head", TaskKind.Regression)]
    [InlineData("all", TaskKind.Regression)]
    [InlineData("head", TaskKind.Classification)]
    [InlineData("all", TaskKind.Classification)]
    public void Kernel_regression_is_where_gradient_flow_on_a_linear_model_ends(string tangent, TaskKind kind)
    {
        MethodCheckProblem problem = Problem("amfs-inner", new MethodOptions { Pattern = Pattern.Parse(tangent) }, kind, 3, []);
        problem.Values["kernel.rbf_scale"] = [-60]; // softplus leaves nothing of it
        Matrix<double> x = WithOne(Rows(problem, Support, 3));
        double normalized = Softplus(problem, "kernel.tangent_scale") / ((x * x.Transpose()).Trace() / x.RowCount);
        double ridge = (Softplus(problem, "kernel.ridge") + 1e-4) / normalized;
        Matrix<double> start = Theta(problem);
        Matrix<double> y = Targets(problem);
        Matrix<double> theta = start;
        double rate = 1 / (x.FrobeniusNorm() * x.FrobeniusNorm());
        for (int step = 0; step < 5000; step++)
        {
            theta -= rate * ((x.TransposeThisAndMultiply((x * theta) - y)) + (ridge * (theta - start)));
        }

        double factor = kind == TaskKind.Classification ? problem.Values["kernel.factor"][0] : 1;
        AssertPredictions(problem, factor * (WithOne(Rows(problem, Query, 3)) * theta), 1e-8);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(20)]
    public void Flow_time_is_that_of_the_summed_loss_and_the_mean_takes_longer_by_half_the_count(double time)
    {
        MethodCheckProblem problem = Problem("meta-rkhs-ii", new MethodOptions { FlowTime = time }, TaskKind.Regression, 3, []);
        Matrix<double> x = WithOne(Rows(problem, Support, 3));
        Matrix<double> y = Targets(problem);
        int count = y.RowCount * y.ColumnCount;
        Matrix<double> theta = Integrate(Theta(problem), time * count / 2, at => x.TransposeThisAndMultiply((x * at) - y) * (-2.0 / count));
        AssertPredictions(problem, WithOne(Rows(problem, Query, 3)) * theta, 1e-8);
    }

    /// <summary>The flow of the linearised network: its derivative by differences, the integral by small steps.</summary>
    [Theory]
    [InlineData("head", 0.3)]
    [InlineData("head", double.PositiveInfinity)]
    [InlineData("all", 0.02)]
    [InlineData("all", 0.3)]
    [InlineData("all", double.PositiveInfinity)]
    [InlineData("body", 0.3)]
    public void Tangent_flow_is_the_integrated_flow_of_the_linearised_network(string layers, double time)
    {
        MethodCheckProblem problem = Problem(
            "meta-rkhs-ii",
            new MethodOptions { FlowTime = time, Pattern = Pattern.Parse(layers) },
            TaskKind.Regression,
            2,
            [3]
        );
        string[] moving =
        [
            .. problem
                .MetaParameters.Select(parameter => parameter.Name)
                .Where(name =>
                    name.Contains('.')
                    && !name.StartsWith("flow", StringComparison.Ordinal)
                    && (layers == "all" || name.StartsWith("head", StringComparison.Ordinal) == (layers == "head"))
                ),
        ];
        Matrix<double> support = Jacobian(problem, Support, moving);
        Matrix<double> residual = Column(Targets(problem)) - Column(Network(problem, Support));
        Matrix<double> kernel = support * support.Transpose();
        Matrix<double> identity = Matrix<double>.Build.DenseIdentity(kernel.RowCount);
        Matrix<double> coefficients = double.IsInfinity(time)
            ? (kernel + (identity * (1e-3 * kernel.Trace() / kernel.RowCount))).Solve(residual)
            : Integrate(residual * 0, time, at => residual - (kernel * at));
        Matrix<double> expected =
            Column(Network(problem, Query)) + (Jacobian(problem, Query, moving) * support.TransposeThisAndMultiply(coefficients));
        double[] predictions = Programs.Run(problem.Graphs.Training(problem.Shape), problem.Values)[TaskPrograms.Predictions];
        Assert.All(
            Enumerable.Range(0, predictions.Length),
            i => Assert.Equal(expected[i, 0], predictions[i], 1e-6 * (1 + Math.Abs(expected[i, 0])))
        );
    }

    [Theory]
    [InlineData("head")]
    [InlineData("all")]
    public void A_flow_that_ends_early_passes_the_check(string layers)
    {
        Method method = Catalogue.Create("meta-rkhs-ii", new MethodOptions { FlowTime = 0.5, Pattern = Pattern.Parse(layers) });
        Assert.True(MethodCheck.Run(method).Passed);
        Assert.True(MethodCheck.CompareExecutors(method).Passed);
    }

    [Fact]
    public void Before_a_support_set_is_seen_there_is_no_answer_to_prefer()
    {
        Model model = Networks.Mlp(new Compute.Graphs.Shape(2), 3);
        Assert.All(
            new[] { "amfs", "meta-rkhs-ii" },
            row => Assert.All(Heads(Catalogue.Create(row), model), values => Assert.All(values, value => Assert.Equal(0, value)))
        );
        Assert.Contains(
            Heads(Catalogue.Create("meta-rkhs-ii", new MethodOptions { Pattern = Pattern.BodyOnly }), model),
            values => values.Any(value => value != 0)
        );
        Assert.Contains(Heads(Catalogue.Create("maml"), model), values => values.Any(value => value != 0));

        static float[][] Heads(Method method, Model model)
        {
            ParameterSet parameters = ParameterSet.Initialize(method.MetaParameters(model), 1);
            return
            [
                .. parameters
                    .Specifications.Where(parameter => parameter.Name.StartsWith(Model.Head, StringComparison.Ordinal))
                    .Select(parameter => parameters[parameter.Name].ToArray()),
            ];
        }
    }

    /// <summary>The classical method of Runge and Kutta in steps too small to matter.</summary>
    private static Matrix<double> Integrate(Matrix<double> value, double time, Func<Matrix<double>, Matrix<double>> slope)
    {
        const int steps = 4000;
        double h = time / steps;
        for (int step = 0; step < steps; step++)
        {
            Matrix<double> a = slope(value);
            Matrix<double> b = slope(value + (a * (h / 2)));
            Matrix<double> c = slope(value + (b * (h / 2)));
            value += (a + (2 * b) + (2 * c) + slope(value + (c * h))) * (h / 6);
        }

        return value;
    }

    /// <summary>One hidden layer of tanh and a linear head, in plain numbers.</summary>
    private static Matrix<double> Network(MethodCheckProblem problem, string inputs)
    {
        Matrix<double> x = WithOne(Rows(problem, inputs, 2));
        Matrix<double> hidden = (x * Affine(problem, "layer1.linear", 3)).Map(Math.Tanh);
        return WithOne(hidden) * Affine(problem, "head", problem.Shape.Outputs);
    }

    private static Matrix<double> Jacobian(MethodCheckProblem problem, string inputs, IEnumerable<string> parameters)
    {
        const double step = 1e-5;
        var columns = new List<Vector<double>>();
        foreach (string name in parameters)
        {
            double[] values = problem.Values[name];
            for (int i = 0; i < values.Length; i++)
            {
                double kept = values[i];
                values[i] = kept + step;
                Matrix<double> up = Network(problem, inputs);
                values[i] = kept - step;
                Matrix<double> down = Network(problem, inputs);
                values[i] = kept;
                columns.Add(Column((up - down) / (2 * step)).Column(0));
            }
        }

        return Matrix<double>.Build.DenseOfColumnVectors(columns);
    }

    private static MethodCheckProblem Problem(string row, MethodOptions options, TaskKind kind, int features, int[] hidden)
    {
        const int outputs = 2;
        Model model = Networks.Mlp(new Compute.Graphs.Shape(features), outputs, hidden, Activation.Tanh);
        return new MethodCheckProblem(
            new TaskPrograms(Catalogue.Create(row, options), model, kind, NormStatistics.Query),
            new TaskShape(kind, [features], outputs, 6, 4),
            seed: 1
        );
    }

    private static void AssertPredictions(MethodCheckProblem problem, Matrix<double> expected, double tolerance)
    {
        double[] predictions = Programs.Run(problem.Graphs.Training(problem.Shape), problem.Values)[TaskPrograms.Predictions];
        Assert.All(
            Enumerable.Range(0, predictions.Length),
            i => Assert.Equal(expected[i / expected.ColumnCount, i % expected.ColumnCount], predictions[i], tolerance)
        );
    }

    private static double Softplus(MethodCheckProblem problem, string name) => Math.Log(1 + Math.Exp(problem.Values[name][0]));

    private static Matrix<double> Theta(MethodCheckProblem problem) => Affine(problem, "head", problem.Shape.Outputs);

    /// <summary>Weights with the bias as their last row.</summary>
    private static Matrix<double> Affine(MethodCheckProblem problem, string name, int outputs) =>
        RowMajor(problem.Values[$"{name}.weight"], outputs).Stack(RowMajor(problem.Values[$"{name}.bias"], outputs));

    private static Matrix<double> Targets(MethodCheckProblem problem)
    {
        Matrix<double> targets = RowMajor(problem.Values[TaskPrograms.SupportTargets], problem.Shape.Outputs);
        return problem.Shape.Kind == TaskKind.Classification ? targets - (1.0 / problem.Shape.Outputs) : targets;
    }

    private static Matrix<double> Rows(MethodCheckProblem problem, string inputs, int features) =>
        RowMajor(problem.Values[inputs], features);

    private static Matrix<double> RowMajor(double[] values, int columns) =>
        Matrix<double>.Build.DenseOfRowMajor(values.Length / columns, columns, values);

    private static Matrix<double> WithOne(Matrix<double> rows) => rows.Append(Matrix<double>.Build.Dense(rows.RowCount, 1, 1));

    /// <summary>An example's outputs one below the other.</summary>
    private static Matrix<double> Column(Matrix<double> rows) =>
        Matrix<double>.Build.Dense(rows.RowCount * rows.ColumnCount, 1, rows.ToRowMajorArray());
}
