using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Tests.Methods.Adaptation;

public class ClosedFormTests
{
    /// <summary>Three features and a one: two examples are fewer than that, so Woodbury's system is solved; eight are more.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Ridge_regression_is_the_solution_of_the_normal_equations(int count)
    {
        TaskPrograms graphs = Graphs("r2d2", TaskKind.Regression, 3);
        var problem = new MethodCheckProblem(graphs, new TaskShape(TaskKind.Regression, [3], 2, count, 4), seed: 1);
        double free = problem.Values["ridge.regularization"][0];
        double regularization = Math.Log(1 + Math.Exp(free));
        Matrix<double> x =
            Rows(problem.Values[TaskPrograms.SupportInputs], 3).Append(Matrix<double>.Build.Dense(count, 1, 1)) / Math.Sqrt(count);
        Matrix<double> y = Rows(problem.Values[TaskPrograms.SupportTargets], 2) / Math.Sqrt(count);
        Matrix<double> expected = (x.TransposeThisAndMultiply(x) + (regularization * Matrix<double>.Build.DenseIdentity(4))).Solve(
            x.TransposeThisAndMultiply(y)
        );

        double[] weight = Programs.Run(graphs.Adapt(count, 2), problem.Values)["ridge.weight"];
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(expected[i / 2, i % 2], weight[i], 1e-12));

        Dictionary<string, double[]> outputs = Programs.Run(graphs.Training(problem.Shape), problem.Values);
        Matrix<double> answers = Rows(problem.Values[TaskPrograms.QueryInputs], 3).Append(Matrix<double>.Build.Dense(4, 1, 1)) * expected;
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(answers[i / 2, i % 2], outputs[TaskPrograms.Predictions][i], 1e-12));
    }

    [Fact]
    public void Ridge_logits_are_scaled_and_shifted_for_classification()
    {
        TaskPrograms graphs = Graphs("r2d2", TaskKind.Classification, 3);
        var problem = new MethodCheckProblem(graphs, new TaskShape(TaskKind.Classification, [3], 2, 4, 2), seed: 1);
        double[] scaled = Programs.Run(graphs.Training(problem.Shape), problem.Values)[TaskPrograms.Predictions];
        (double scale, double shift) = (problem.Values["ridge.scale"][0], problem.Values["ridge.shift"][0]);
        problem.Values["ridge.scale"] = [1];
        problem.Values["ridge.shift"] = [0];
        double[] plain = Programs.Run(graphs.Training(problem.Shape), problem.Values)[TaskPrograms.Predictions];
        Assert.All(plain.Zip(scaled), pair => Assert.Equal((pair.First * scale) + shift, pair.Second, 1e-12));
    }

    [Fact]
    public void Prototypes_are_means_for_unequal_counts_too()
    {
        TaskPrograms graphs = Graphs("protonet", TaskKind.Classification, 2);
        double[] inputs = [1, 2, 3, 4, 5, 6, 10, 20];
        double[] targets = [1, 0, 1, 0, 1, 0, 0, 1];
        var values = new Dictionary<string, double[]> { [TaskPrograms.SupportInputs] = inputs, [TaskPrograms.SupportTargets] = targets };
        Assert.Equal([3, 4, 10, 20], Programs.Run(graphs.Adapt(4, 2), values)["prototypes"]);
    }

    [Fact]
    public void Prototypes_answer_by_negative_squared_distance()
    {
        TaskPrograms graphs = Graphs("protonet", TaskKind.Classification, 2);
        Graph predict = graphs.Predict([("prototypes", new Shape(2, 2))], 1);
        double[] logits = Programs.Run(
            predict,
            new Dictionary<string, double[]> { ["prototypes"] = [3, 4, 10, 20], [TaskPrograms.QueryInputs] = [0, 0] }
        )["predictions"];
        Assert.Equal([-25, -500], logits);
    }

    [Fact]
    public void Prototypes_refuse_regression() =>
        Assert.Contains(
            "prototypes classify; for regression use",
            Assert
                .Throws<ArgumentException>(() =>
                    Graphs("protonet", TaskKind.Regression, 2).Training(new TaskShape(TaskKind.Regression, [2], 1, 4, 4))
                )
                .Message
        );

    private static Matrix<double> Rows(double[] values, int columns) =>
        Matrix<double>.Build.DenseOfRowMajor(values.Length / columns, columns, values);

    /// <summary>The embedding is the input itself.</summary>
    private static TaskPrograms Graphs(string row, TaskKind kind, int features) =>
        new(Catalogue.Create(row), Networks.Mlp(new Shape(features), 0, []), kind, NormStatistics.Query);
}
