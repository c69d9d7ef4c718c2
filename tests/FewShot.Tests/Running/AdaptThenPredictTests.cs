using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Running;

/// <summary>A state taken out of the program that made it answers as it would have inside: what is used is what was trained.</summary>
public class AdaptThenPredictTests
{
    private static readonly TaskShape s_shape = new(TaskKind.Classification, [16, 16, 1], 2, 4, 6);

    public static TheoryData<string, string?> Methods =>
        [
            .. Catalogue.Names.Select(row => (row, (string?)null)),
            .. from row in (string[])["amfs", "meta-rkhs-ii"]
            from pattern in (string[])["body", "01001", "last2"]
            select (row, (string?)pattern),
            .. from row in (string[])["maml", "fomaml", "mrml"] select (row, (string?)"01100;00001"),
        ];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_state_answers_alone_as_in_the_program_that_made_it(string row, string? pattern)
    {
        foreach (NormStatistics statistics in Enum.GetValues<NormStatistics>())
        {
            var specification = new LearnerSpecification
            {
                Method = row,
                Network = "conv4",
                Channels = 3,
                InputShape = s_shape.InputShape,
                Outputs = 2,
                NormStatistics = statistics,
                Pattern = pattern is null ? null : Pattern.Parse(pattern),
                InnerSteps = pattern?.Contains(';') == true ? 2 : null,
            };
            TaskPrograms graphs = TaskPrograms.Of(specification);
            Dictionary<string, double[]> inputs = Inputs(graphs);
            double[] together = Run(graphs.Evaluation(s_shape, everyStep: false), inputs).Single().Value;

            Graph adapt = graphs.Adapt(s_shape.SupportCount, s_shape.Outputs);
            Dictionary<string, double[]> state = Run(adapt, inputs);
            (string, Shape)[] entries = [.. adapt.Outputs.Select(output => (output.Name, output.Tensor.Shape))];
            state[TaskPrograms.QueryInputs] = inputs[TaskPrograms.QueryInputs];
            double[] alone = Run(graphs.Predict(entries, s_shape.QueryCount), state).Single().Value;

            for (int i = 0; i < together.Length; i++)
            {
                Assert.True(
                    Math.Abs(together[i] - alone[i]) <= 1e-9 * Math.Max(1, Math.Abs(together[i])),
                    $"{statistics} statistics, answer {i}: {together[i]} together, {alone[i]} alone"
                );
            }
        }
    }

    /// <summary>By default a query's answer in the evaluation of a task, among the others, is that of the query alone.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void One_query_alone_gets_the_answer_it_gets_among_others_by_default(string row, string? pattern)
    {
        TaskPrograms graphs = TaskPrograms.Of(
            new LearnerSpecification
            {
                Method = row,
                Network = "conv4",
                Channels = 3,
                InputShape = s_shape.InputShape,
                Outputs = 2,
                Pattern = pattern is null ? null : Pattern.Parse(pattern),
                InnerSteps = pattern?.Contains(';') == true ? 2 : null,
            }
        );
        Dictionary<string, double[]> inputs = Inputs(graphs);
        double[] together = Run(graphs.Evaluation(s_shape, everyStep: false), inputs).Single().Value;
        Graph adapt = graphs.Adapt(s_shape.SupportCount, s_shape.Outputs);
        Dictionary<string, double[]> state = Run(adapt, inputs);
        Graph predict = graphs.Predict([.. adapt.Outputs.Select(output => (output.Name, output.Tensor.Shape))], 1);
        for (int query = 0; query < s_shape.QueryCount; query++)
        {
            state[TaskPrograms.QueryInputs] = inputs[TaskPrograms.QueryInputs][
                (query * s_shape.InputSize)..((query + 1) * s_shape.InputSize)
            ];
            double[] alone = Run(predict, state).Single().Value;
            Assert.All(
                alone.Zip(together[(query * 2)..((query + 1) * 2)]),
                pair => Assert.Equal(pair.Second, pair.First, 1e-9 * Math.Max(1, Math.Abs(pair.Second)))
            );
        }
    }

    private static Dictionary<string, double[]> Inputs(TaskPrograms graphs)
    {
        var random = new CounterRandom(3, 1, 0);
        var parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 3);
        var inputs = parameters.Specifications.ToDictionary(
            parameter => parameter.Name,
            parameter => Array.ConvertAll(parameters[parameter.Name].ToArray(), value => value + random.Uniform(0, 0.1))
        );
        inputs[TaskPrograms.SupportInputs] = Draw(s_shape.SupportCount);
        inputs[TaskPrograms.QueryInputs] = Draw(s_shape.QueryCount);
        inputs[TaskPrograms.SupportTargets] = [1, 0, 1, 0, 0, 1, 0, 1];
        return inputs;

        double[] Draw(int count) => [.. Enumerable.Range(0, count * s_shape.InputSize).Select(_ => random.NextNormal())];
    }

    private static Dictionary<string, double[]> Run(Graph graph, Dictionary<string, double[]> inputs)
    {
        var program = new ReferenceProgram(graph);
        using IWorker<double> worker = program.CreateWorker();
        for (int i = 0; i < program.InputNames.Count; i++)
        {
            inputs[program.InputNames[i]].CopyTo(worker.Input(i));
        }

        worker.Run();
        return program.OutputNames.Index().ToDictionary(output => output.Item, output => worker.Output(output.Index).ToArray());
    }
}
