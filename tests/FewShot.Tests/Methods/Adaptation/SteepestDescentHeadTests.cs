using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Methods.Adaptation;

/// <summary>
/// The head against one written out by hand in plain numbers, whose derivatives are those of the formula, not of a graph.
/// </summary>
public class SteepestDescentHeadTests
{
    private const int Ways = 3;
    private const int Features = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void It_starts_from_the_class_means_and_descends_steepest(int perClass)
    {
        MethodCheckProblem problem = Problem(perClass);
        Graph adapt = problem.Graphs.Adapt(Ways * perClass, Ways);
        Close(Weights(problem, problem.Values, 5), Programs.Run(adapt, problem.Values)["descent.weight"], 1e-11);

        // The state before the first step answers by the class means.
        Dictionary<string, double[]> steps = Programs.Run(problem.Graphs.Evaluation(problem.Shape), problem.Values);
        for (int step = 0; step <= 5; step++)
        {
            Close(Answers(problem, problem.Values, step), steps[$"{TaskPrograms.Predictions}:{step}"], 1e-10);
        }
    }

    [Fact]
    public void Its_meta_gradient_is_that_of_the_formula()
    {
        MethodCheckProblem problem = Problem(2);
        Dictionary<string, double[]> outputs = Programs.Run(problem.Graphs.Training(problem.Shape), problem.Values);
        string[] learned = [.. problem.MetaParameters.Select(parameter => parameter.Name)];
        Assert.Equal(8, learned.Length);
        foreach (string name in learned)
        {
            const double step = 1e-4;
            double expected = ((Moved(step) * 8) - Moved(2 * step) - (Moved(-step) * 8) + Moved(-2 * step)) / (12 * step);
            Assert.Equal(expected, outputs[TaskPrograms.Gradient + name][0], 1e-9);

            double Moved(double by)
            {
                var values = new Dictionary<string, double[]>(problem.Values) { [name] = [problem.Values[name][0] + by] };
                return CrossEntropy(Answers(problem, values, 5), problem.Values[TaskPrograms.QueryTargets]);
            }
        }
    }

    [Fact]
    public void Answers_change_with_the_class_means()
    {
        // After one step from zero the weights lie in the direction of the targets alone; from the means they do not.
        MethodCheckProblem problem = Problem(2);
        double[] weights = Weights(problem, problem.Values, 0);
        double[] x = Normalised(problem.Values[TaskPrograms.SupportInputs]);
        for (int f = 0; f < Features; f++)
        {
            for (int c = 0; c < Ways; c++)
            {
                Assert.Equal((x[(2 * c * Features) + f] + x[(((2 * c) + 1) * Features) + f]) / 2, weights[(f * Ways) + c], 1e-15);
            }
        }

        Assert.Contains(weights, value => Math.Abs(value) > 0.1);
    }

    private static MethodCheckProblem Problem(int perClass) =>
        new(
            new TaskPrograms(
                Catalogue.Create("fiml"),
                Networks.Mlp(new Shape(Features), 0, []),
                TaskKind.Classification,
                NormStatistics.Query
            ),
            new TaskShape(TaskKind.Classification, [Features], Ways, Ways * perClass, Ways * 2),
            seed: 4
        );

    /// <summary>[features, ways] after some steps.</summary>
    private static double[] Weights(MethodCheckProblem problem, IReadOnlyDictionary<string, double[]> values, int steps)
    {
        double[] x = Normalised(values[TaskPrograms.SupportInputs]);
        double[] targets = values[TaskPrograms.SupportTargets];
        int n = problem.Shape.SupportCount;
        double ridge = Math.Log(1 + Math.Exp(values["descent.ridge"][0]));
        double[] weights = new double[Features * Ways];
        for (int i = 0; i < n * Features * Ways; i++)
        {
            (int example, int f, int c) = (i / (Features * Ways), i / Ways % Features, i % Ways);
            weights[(f * Ways) + c] +=
                targets[(example * Ways) + c]
                * x[(example * Features) + f]
                / Enumerable.Range(0, n).Sum(other => targets[(other * Ways) + c]);
        }

        for (int step = 0; step < steps; step++)
        {
            double[] residual = new double[n * Ways];
            double[] slope = new double[n * Ways];
            for (int i = 0; i < residual.Length; i++)
            {
                string kind = targets[i] == 1 ? "own" : "other";
                (double v, double m, double t) = (
                    values[$"descent.{kind}_weight"][0],
                    values[$"descent.{kind}_slope"][0],
                    values[$"descent.{kind}_target"][0]
                );
                double score = Enumerable.Range(0, Features).Sum(f => x[(i / Ways * Features) + f] * weights[(f * Ways) + (i % Ways)]);
                residual[i] = v * ((m * score) + ((1 - m) * Math.Max(score, 0)) - t);
                slope[i] = v * (m + (score > 0 ? 1 - m : 0));
            }

            double[] gradient = new double[weights.Length];
            for (int i = 0; i < gradient.Length; i++)
            {
                gradient[i] =
                    (ridge * weights[i])
                    + Enumerable
                        .Range(0, n)
                        .Sum(e => x[(e * Features) + (i / Ways)] * slope[(e * Ways) + (i % Ways)] * residual[(e * Ways) + (i % Ways)]);
            }

            double length = gradient.Sum(g => g * g);
            double curved = Enumerable
                .Range(0, n * Ways)
                .Sum(i =>
                    Math.Pow(
                        slope[i] * Enumerable.Range(0, Features).Sum(f => x[(i / Ways * Features) + f] * gradient[(f * Ways) + (i % Ways)]),
                        2
                    )
                );
            weights = [.. weights.Select((w, i) => w - (gradient[i] * length / (curved + (length * ridge) + 1e-12)))];
        }

        return weights;
    }

    private static double[] Answers(MethodCheckProblem problem, IReadOnlyDictionary<string, double[]> values, int steps)
    {
        double[] weights = Weights(problem, values, steps);
        double[] x = Normalised(values[TaskPrograms.QueryInputs]);
        return
        [
            .. Enumerable
                .Range(0, problem.Shape.QueryCount * Ways)
                .Select(i =>
                    values["descent.scale"][0]
                    * Enumerable.Range(0, Features).Sum(f => x[(i / Ways * Features) + f] * weights[(f * Ways) + (i % Ways)])
                ),
        ];
    }

    private static double[] Normalised(double[] rows) =>
        [
            .. rows.Select(
                (value, i) =>
                    value / Math.Sqrt(rows[(i / Features * Features)..((i / Features * Features) + Features)].Sum(v => v * v) + 1e-6)
            ),
        ];

    private static double CrossEntropy(double[] logits, double[] targets) =>
        -Enumerable
            .Range(0, logits.Length)
            .Where(i => targets[i] == 1)
            .Average(i => logits[i] - Math.Log(Enumerable.Range(0, Ways).Sum(c => Math.Exp(logits[(i / Ways * Ways) + c]))));

    private static void Close(double[] expected, double[] found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
