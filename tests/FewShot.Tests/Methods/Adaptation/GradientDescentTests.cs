using FewShot.Checking;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Methods.Adaptation;

/// <summary>
/// The inner loop against one written out by hand: a network of linear layers and tanh, its gradient by the chain rule in plain numbers,
/// layers that a step does not change held where they are.
/// </summary>
public class GradientDescentTests
{
    private static readonly TaskShape s_shape = new(TaskKind.Regression, [2], 1, 5, 4);

    public static TheoryData<string> Patterns =>
        [
            "110;001",
            "001;110",
            "010;001",
            "001;010",
            "100;010;001",
            "001;010;100",
            "111;001",
            "011;100",
            "101;010;101",
            "001;000;110",
            "all",
            "head",
            "body",
            "011;001",
        ];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Each_step_follows_the_partial_derivative_and_the_meta_gradient_goes_through_it(string pattern)
    {
        MethodCheckProblem problem = Problem("maml", pattern, null);
        var network = new Network(problem);
        double[][] start = network.Parameters(problem.Values);
        Close(network, network.Adapt(start), Programs.Run(problem.Graphs.Adapt(5, 1), problem.Values));
        foreach (int segmentSteps in (int[])[0, 1, 2])
        {
            Dictionary<string, double[]> outputs = Programs.Run(problem.Graphs.Training(s_shape, segmentSteps), problem.Values);
            Assert.Equal(network.QueryLoss(network.Adapt(start)), outputs[TaskPrograms.Loss][0], 1e-12);
            for (int p = 0; p < start.Length; p++)
            {
                double[] gradient = outputs[TaskPrograms.Gradient + network.Names[p]];
                for (int i = 0; i < gradient.Length; i++)
                {
                    double expected = (Moved(p, i, 1e-4) * 8 - Moved(p, i, 2e-4) - (Moved(p, i, -1e-4) * 8) + Moved(p, i, -2e-4)) / 12e-4;
                    Assert.Equal(expected, gradient[i], 1e-9);
                }
            }
        }

        double Moved(int parameter, int place, double step)
        {
            double[][] moved = [.. start.Select(values => (double[])values.Clone())];
            moved[parameter][place] += step;
            return network.QueryLoss(network.Adapt(moved));
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void First_order_adapts_alike_in_training_and_in_use(string pattern)
    {
        MethodCheckProblem problem = Problem("fomaml", pattern, null);
        var network = new Network(problem);
        double[][] adapted = network.Adapt(network.Parameters(problem.Values));
        Close(network, adapted, Programs.Run(problem.Graphs.Adapt(5, 1), problem.Values));
        Dictionary<string, double[]> outputs = Programs.Run(problem.Graphs.Training(s_shape), problem.Values);
        Assert.Equal(network.QueryLoss(adapted), outputs[TaskPrograms.Loss][0], 1e-12);
        double[][] gradients = network.Gradients(adapted, query: true);
        Assert.All(network.Names.Zip(gradients), pair => Close(pair.Second, outputs[TaskPrograms.Gradient + pair.First]));
    }

    [Theory]
    [InlineData("mrml", "010;001")]
    [InlineData("mrml", "001;010")]
    [InlineData("imaml", "110;001")]
    [InlineData("imaml", "101;010;111")]
    public void A_regularised_lower_level_is_descended_alike_in_training_and_in_use(string row, string pattern)
    {
        // A squared norm of all layers would leave nothing to learn, and is refused.
        LowerRegularization[] regularizations =
            row == "mrml"
                ? [new LowerRegularization.SquaredNorm(0.4), new LowerRegularization.Proximal(0.7)]
                : [new LowerRegularization.Proximal(0.7)];
        foreach (LowerRegularization regularization in regularizations)
        {
            MethodCheckProblem problem = Problem(row, pattern, regularization);
            var network = new Network(problem);
            double[][] adapted = network.Adapt(network.Parameters(problem.Values));
            Close(network, adapted, Programs.Run(problem.Graphs.Adapt(5, 1), problem.Values));
            foreach (int segmentSteps in (int[])[0, 1])
            {
                Dictionary<string, double[]> outputs = Programs.Run(problem.Graphs.Training(s_shape, segmentSteps), problem.Values);
                Assert.Equal(network.QueryLoss(adapted), outputs[TaskPrograms.Loss][0], 1e-12);
            }
        }
    }

    [Theory]
    [InlineData("11110;00001")]
    [InlineData("00100;00001")]
    [InlineData("01000;00001")]
    public void A_pattern_with_fewer_layers_costs_no_more(string pattern)
    {
        long fewer = MultiplyAdds(pattern);
        long all = MultiplyAdds("11111;00001");
        Assert.True(fewer <= all, $"{fewer} multiply-adds of {pattern}, {all} of 11111;00001");

        static long MultiplyAdds(string pattern)
        {
            Method method = Catalogue.Create("maml", new MethodOptions { InnerSteps = 2, Pattern = Pattern.Parse(pattern) });
            TaskPrograms graphs = new TaskPrograms(
                method,
                Networks.Conv4(new Shape(28, 28, 1), 5),
                TaskKind.Classification,
                NormStatistics.Support
            );
            return new SimdProgram(graphs.Adapt(5, 5)).MultiplyAdds;
        }
    }

    private static MethodCheckProblem Problem(string row, string pattern, LowerRegularization? regularization)
    {
        int steps = pattern.Contains(';', StringComparison.Ordinal) ? pattern.Count(c => c == ';') + 1 : 2;
        Method method = Catalogue.Create(
            row,
            new MethodOptions
            {
                InnerSteps = steps,
                InnerRate = 0.3,
                Pattern = Pattern.Parse(pattern),
            }
        );
        if (regularization is not null)
        {
            method = method with { Adaptation = (GradientDescent)method.Adaptation with { Regularization = regularization } };
        }

        Model model = Networks.Mlp(new Shape(2), 1, [3, 3], Activation.Tanh);
        return new MethodCheckProblem(new TaskPrograms(method, model, TaskKind.Regression, NormStatistics.Query), s_shape, seed: 3);
    }

    private static void Close(Network network, double[][] adapted, Dictionary<string, double[]> outputs) =>
        Assert.All(network.Names.Zip(adapted), pair => Close(pair.Second, outputs[pair.First]));

    private static void Close(double[] expected, double[] found) =>
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-12));

    /// <summary>A network y = W₃ᵀ·tanh(W₂ᵀ·tanh(W₁ᵀx + b₁) + b₂) + b₃ in plain numbers: weights and biases in turn.</summary>
    private sealed class Network(MethodCheckProblem problem)
    {
        private readonly GradientDescent _descent = (GradientDescent)problem.Graphs.Method.Adaptation;
        private readonly int[] _sizes = [2, 3, 3, 1];

        public string[] Names { get; } = [.. problem.Graphs.Model.Parameters.Select(parameter => parameter.Name)];

        public double[][] Parameters(IReadOnlyDictionary<string, double[]> values) => [.. Names.Select(name => values[name])];

        public double QueryLoss(double[][] parameters) => Pass(parameters, TaskPrograms.QueryInputs, TaskPrograms.QueryTargets, null);

        public double[][] Gradients(double[][] parameters, bool query = false)
        {
            double[][] gradients = [.. parameters.Select(values => new double[values.Length])];
            Pass(
                parameters,
                query ? TaskPrograms.QueryInputs : TaskPrograms.SupportInputs,
                query ? TaskPrograms.QueryTargets : TaskPrograms.SupportTargets,
                gradients
            );
            return gradients;
        }

        public double[][] Adapt(double[][] start)
        {
            double[][] parameters = start;
            for (int step = 0; step < _descent.InnerSteps; step++)
            {
                double[][] at = parameters;
                double[][] gradients = Gradients(at);
                int current = step;
                parameters =
                [
                    .. at.Select(
                        (values, p) =>
                            !_descent.Pattern.Changes(current, p / 2, 3)
                                ? values
                                : values.Select((value, i) => value - (0.3 * (gradients[p][i] + Pull(value, start[p][i])))).ToArray()
                    ),
                ];
            }

            return parameters;
        }

        private double Pull(double value, double start) =>
            _descent.Regularization switch
            {
                LowerRegularization.SquaredNorm norm => norm.Strength * value,
                LowerRegularization.Proximal proximal => proximal.Strength * (value - start),
                _ => 0,
            };

        /// <summary>The mean squared error, and its gradient added where one is wanted.</summary>
        private double Pass(double[][] parameters, string inputs, string targets, double[][]? gradients)
        {
            (double[] x, double[] y) = (problem.Values[inputs], problem.Values[targets]);
            double loss = 0;
            for (int example = 0; example < y.Length; example++)
            {
                double[][] activations = new double[4][];
                activations[0] = x[(2 * example)..((2 * example) + 2)];
                for (int layer = 0; layer < 3; layer++)
                {
                    int current = layer;
                    activations[layer + 1] =
                    [
                        .. Enumerable
                            .Range(0, _sizes[layer + 1])
                            .Select(j =>
                            {
                                double sum = parameters[(2 * current) + 1][j];
                                for (int i = 0; i < _sizes[current]; i++)
                                {
                                    sum += activations[current][i] * parameters[2 * current][(i * _sizes[current + 1]) + j];
                                }

                                return current == 2 ? sum : Math.Tanh(sum);
                            }),
                    ];
                }

                double error = activations[3][0] - y[example];
                loss += error * error / y.Length;
                double[] slope = [2 * error / y.Length];
                for (int layer = 2; layer >= 0 && gradients is not null; layer--)
                {
                    double[] below = new double[_sizes[layer]];
                    for (int j = 0; j < _sizes[layer + 1]; j++)
                    {
                        gradients[(2 * layer) + 1][j] += slope[j];
                        for (int i = 0; i < _sizes[layer]; i++)
                        {
                            gradients[2 * layer][(i * _sizes[layer + 1]) + j] += slope[j] * activations[layer][i];
                            below[i] +=
                                slope[j]
                                * parameters[2 * layer][(i * _sizes[layer + 1]) + j]
                                * (1 - (activations[layer][i] * activations[layer][i]));
                        }
                    }

                    slope = below;
                }
            }

            return loss;
        }
    }
}
