using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Compute.Execution;
using FewShot.Compute.Numerics;
using FewShot.Data;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Tests.Oracles;
using Xunit;

namespace FewShot.Tests.Parity;

/// <summary>
/// The same weights and episodes, given to PyTorch as files, follow the same MAML trajectory there. Where a unit lies as near to a kink of
/// ReLU or max-pooling as the rounding of single precision, a gradient jumps by rounding alone, and PyTorch's single precision leaves its
/// own double precision by percents. So the episodes are those in which no unit does, chosen by PyTorch in double from its own trajectory
/// alone; its single precision is the control.
/// </summary>
public sealed class PyTorchParityTests
{
    private const int MetaSteps = 50;
    private const int Tasks = 2;
    private const double OuterRate = 1e-3;
    private const double Tolerance = 1e-4;

    /// <summary>An order above the rounding of a normalised activation.</summary>
    private const double Margin = 5e-6;

    /// <summary>
    /// Adam's ε well above the rounding noise of a vanishing gradient, which a smaller one would amplify to full-sized steps.
    /// </summary>
    private const double Epsilon = 1e-5;

    [Theory]
    [InlineData("conv4", "glyphs", "maml", 2, 400)]
    [InlineData("conv4", "glyphs", "fomaml", 1, 400)]
    [InlineData("mlp", "sinusoid", "maml", 2, 120)]
    [InlineData("mlp", "sinusoid", "fomaml", 1, 120)]
    public void Losses_stay_within_a_ten_thousandth_of_PyTorch_over_fifty_meta_steps(
        string network,
        string data,
        string method,
        int order,
        int candidates
    )
    {
        PyTorch.Require();
        bool images = data == "glyphs";
        var source = new Pool(
            TaskSources.Open(data, null, new TaskOptions { Shots = images ? 1 : 10, QueriesPerClass = images ? 2 : 10 }),
            images ? 1 : 0
        );
        var specification = new LearnerSpecification
        {
            Method = method,
            Network = network,
            Channels = 16,
            Kind = source.Shape.Kind,
            InputShape = source.Shape.InputShape,
            Outputs = source.Shape.Outputs,
            InnerSteps = 3,
            InnerRate = images ? 0.02 : 0.001,
            NormStatistics = NormStatistics.Query,
        };
        TaskPrograms graphs = TaskPrograms.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 7);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fewshot-parity");
        try
        {
            var peer = new Peer(folder.FullName, specification, order);
            peer.WriteWeights(parameters);
            peer.WriteEpisodes(source, [candidates]);
            JsonNode exact = peer.Follow(
                inDouble: true,
                new JsonObject
                {
                    ["margin"] = Margin,
                    ["steps"] = MetaSteps,
                    ["tasks"] = Tasks,
                }
            );
            source.Chosen = [.. exact["chosen"]!.AsArray().SelectMany(step => step!.AsArray()).Select(task => task!.GetValue<int>())];
            peer.WriteEpisodes(source, [MetaSteps, Tasks]);
            IReadOnlyList<double> inDouble = Losses(exact);
            IReadOnlyList<double> inSingle = Losses(peer.Follow(inDouble: false, []));
            IReadOnlyList<double> ours = Train(graphs, parameters, source);
            AssertNear("PyTorch in single precision", inSingle, "PyTorch in double", inDouble);
            AssertNear("FewShot", ours, "PyTorch in double", inDouble);
            AssertNear("FewShot", ours, "PyTorch in single precision", inSingle);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<double> Losses(JsonNode result) =>
        [.. result["losses"]!.AsArray().Select(loss => loss!.GetValue<double>())];

    private static void AssertNear(string left, IReadOnlyList<double> losses, string right, IReadOnlyList<double> expected)
    {
        Assert.Equal(MetaSteps, expected.Count);
        Assert.Equal(MetaSteps, losses.Count);
        for (int i = 0; i < MetaSteps; i++)
        {
            Assert.True(
                Math.Abs(losses[i] - expected[i]) <= Tolerance * Math.Abs(expected[i]),
                $"meta-step {i}: the loss of {left} is {losses[i]}, of {right} {expected[i]}"
            );
        }
    }

    private static List<double> Train(TaskPrograms graphs, ParameterSet parameters, ITaskSource source)
    {
        using var step = new MetaStep(graphs, source.Shape, new SimdProgram(graphs.Training(source.Shape)), parameters, Tasks, workers: 1);
        Optimizer optimizer = new Adam(parameters.Values.Length, new AdamOptions(Epsilon: Epsilon));
        var losses = new List<double>();
        for (int i = 0; i < MetaSteps; i++)
        {
            step.Run(source, 1, i * Tasks);
            losses.Add(step.Losses.Average(loss => (double)loss));
            optimizer.Update(parameters.Values, step.Gradient, OuterRate);
        }

        return losses;
    }

    /// <summary>benchmarks/peers/parity.py, and the files it reads and writes.</summary>
    private sealed class Peer(string folder, LearnerSpecification specification, int order)
    {
        private string Weights => Path.Combine(folder, "weights.safetensors");

        private string Episodes => Path.Combine(folder, "episodes.safetensors");

        private string Configuration => Path.Combine(folder, "config.json");

        private string Result => Path.Combine(folder, "losses.json");

        public void WriteWeights(ParameterSet parameters)
        {
            var weights = new List<StoredTensor>();
            foreach (ParameterSpecification parameter in parameters.Specifications.Where(parameter => parameter.Trained))
            {
                weights.Add(
                    new StoredTensor(
                        parameter.Name.Replace(".linear.", "."),
                        parameter.Shape.Extents.ToArray(),
                        parameters[parameter.Name].ToArray()
                    )
                );
                if (parameter.Name.EndsWith("conv.weight", StringComparison.Ordinal))
                {
                    // PyTorch's networks have a bias that the normalisation cancels; ours has none.
                    weights.Add(
                        new StoredTensor(
                            parameter.Name.Replace("weight", "bias"),
                            [specification.Channels],
                            new float[specification.Channels]
                        )
                    );
                }
            }

            Safetensors.Write(Weights, weights);
        }

        /// <summary>As many of the first tasks as the extents hold.</summary>
        public void WriteEpisodes(ITaskSource source, int[] extents)
        {
            TaskShape shape = source.Shape;
            var episode = new Episode(shape);
            List<float>[] all =
            [
                [],
                [],
                [],
                [],
            ];
            for (int index = 0; index < extents.Aggregate(1, (product, extent) => product * extent); index++)
            {
                source.Sample(Split.Train, 1, index, episode);
                float[][] parts = [episode.SupportInputs, episode.SupportTargets, episode.QueryInputs, episode.QueryTargets];
                for (int i = 0; i < parts.Length; i++)
                {
                    all[i].AddRange(parts[i]);
                }
            }

            Safetensors.Write(
                Episodes,
                [
                    new StoredTensor("support_inputs", [.. extents, shape.SupportCount, .. shape.InputShape], [.. all[0]]),
                    new StoredTensor("support_targets", [.. extents, shape.SupportCount, shape.Outputs], [.. all[1]]),
                    new StoredTensor("query_inputs", [.. extents, shape.QueryCount, .. shape.InputShape], [.. all[2]]),
                    new StoredTensor("query_targets", [.. extents, shape.QueryCount, shape.Outputs], [.. all[3]]),
                ]
            );
        }

        public JsonNode Follow(bool inDouble, JsonObject configuration)
        {
            var all = new JsonObject
            {
                ["model"] = specification.Network,
                ["order"] = order,
                ["innerSteps"] = specification.InnerSteps,
                ["innerRate"] = specification.InnerRate,
                ["outer"] = "adam",
                ["outerRate"] = OuterRate,
                ["beta1"] = 0.9,
                ["beta2"] = 0.999,
                ["epsilon"] = Epsilon,
                ["loss"] = specification.Kind == TaskKind.Classification ? "cross_entropy" : "mse",
            };
            foreach ((string name, JsonNode? value) in configuration)
            {
                all[name] = value!.DeepClone();
            }

            File.WriteAllText(Configuration, all.ToJsonString());
            (int exitCode, string errors) = PyTorch
                .Start([
                    Path.Combine(Repository.Root, "benchmarks", "peers", "parity.py"),
                    "--weights",
                    Weights,
                    "--episodes",
                    Episodes,
                    "--config",
                    Configuration,
                    "--output",
                    Result,
                    .. inDouble ? ["--double"] : Array.Empty<string>(),
                ])
                .GetAwaiter()
                .GetResult();
            Assert.True(exitCode == 0, errors);
            return JsonNode.Parse(File.ReadAllText(Result))!;
        }
    }

    /// <summary>
    /// Tasks of a source, all or those chosen, with a grain: on a flat background thousands of units would lie on a kink at the same
    /// moment.
    /// </summary>
    private sealed class Pool(ITaskSource source, float grain) : ITaskSource
    {
        public IReadOnlyList<int>? Chosen { get; set; }

        public string Name => source.Name;

        public string Description => source.Description;

        public TaskShape Shape => source.Shape;

        public bool HasSplit(Split split) => source.HasSplit(split);

        public void Sample(Split split, ulong seed, long index, Episode destination)
        {
            index = Chosen?[(int)index] ?? index;
            source.Sample(split, seed, index, destination);
            var random = new CounterRandom(seed, 99, (ulong)index);
            foreach (float[] inputs in new[] { destination.SupportInputs, destination.QueryInputs })
            {
                foreach (ref float value in inputs.AsSpan())
                {
                    value += grain * (random.NextSingle() - 0.5f);
                }
            }
        }
    }
}
