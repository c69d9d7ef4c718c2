using System.Diagnostics;
using System.Text.Json.Nodes;
using FewShot.Learning;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Optimizers;
using FewShot.Storage;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Parity;

/// <summary>The same weights and episodes, given to PyTorch as files, follow the same MAML trajectory there.</summary>
public sealed class PyTorchParityTests
{
    private const int MetaSteps = 50;
    private const int Tasks = 3;
    private const double OuterRate = 1e-4;

    /// <summary>Adam's ε well above the rounding noise of a vanishing gradient, which a smaller one would amplify to full-sized steps.</summary>
    private const double Epsilon = 1e-5;
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("conv4", "glyphs", "maml", 2)]
    [InlineData("conv4", "glyphs", "fomaml", 1)]
    [InlineData("mlp", "sinusoid", "maml", 2)]
    [InlineData("mlp", "sinusoid", "fomaml", 1)]
    public void Losses_stay_within_a_ten_thousandth_of_PyTorch_over_fifty_meta_steps(string network, string data, string method, int order)
    {
        RequirePyTorch();
        bool images = data == "glyphs";
        ITaskSource source = TaskSources.Open(data, null, new TaskOptions { Shots = images ? 1 : 10, QueriesPerClass = images ? 3 : 10 });
        source = images ? new Grainy(source) : source;
        var specification = new LearnerSpecification
        {
            Method = method, Network = network, Channels = 16, Kind = source.Shape.Kind, InputShape = source.Shape.InputShape, Outputs = source.Shape.Outputs,
            InnerSteps = 3, InnerRate = images ? 0.02 : 0.001,
        };
        // Where a unit crosses a kink by rounding alone, single precision leaves the trajectory of double precision, in PyTorch alone as well; from there on
        // the paths part. So conv4 is compared over stretches, each begun by both from the same weights.
        int stretch = images ? 10 : MetaSteps;
        TaskGraphs graphs = TaskGraphs.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 7);
        using var step = new MetaStep(graphs, source.Shape, parameters, Tasks, workers: 1, segmentSteps: 0);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fewshot-parity");
        try
        {
            for (int first = 0; first < MetaSteps; first += stretch)
            {
                Export(specification, parameters, source, first, stretch, folder.FullName);
                IReadOnlyList<double> ours = Train(step, parameters, source, first, stretch);
                IReadOnlyList<double> theirs = Follow(folder.FullName, specification, order);
                Assert.Equal(stretch, theirs.Count);
                for (int i = 0; i < stretch; i++)
                {
                    Assert.True(
                        Math.Abs(ours[i] - theirs[i]) <= 1e-4 * Math.Abs(theirs[i]),
                        $"meta-step {first + i}: FewShot's loss is {ours[i]}, PyTorch's {theirs[i]}");
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<double> Train(MetaStep step, ParameterSet parameters, ITaskSource source, int first, int count)
    {
        Optimizer optimizer = new Adam(parameters.Values.Length, new AdamOptions(Epsilon: Epsilon));
        var losses = new List<double>();
        for (int i = first; i < first + count; i++)
        {
            step.Run(source, 1, i * Tasks);
            losses.Add(step.Losses.Average(loss => (double)loss));
            optimizer.Update(parameters.Values, step.Gradient, OuterRate);
        }

        return losses;
    }

    private static void Export(LearnerSpecification specification, ParameterSet parameters, ITaskSource source, int first, int count, string folder)
    {
        var weights = new List<StoredTensor>();
        foreach (ParameterSpecification parameter in parameters.Specifications.Where(parameter => parameter.Trained))
        {
            weights.Add(new StoredTensor(parameter.Name.Replace(".linear.", "."), parameter.Shape.Extents.ToArray(), parameters[parameter.Name].ToArray()));
            if (parameter.Name.EndsWith("conv.weight", StringComparison.Ordinal))
            {
                // PyTorch's networks have a bias that the normalisation cancels; ours has none.
                weights.Add(new StoredTensor(parameter.Name.Replace("weight", "bias"), [specification.Channels], new float[specification.Channels]));
            }
        }

        Safetensors.Write(Path.Combine(folder, "weights.safetensors"), weights);
        TaskShape shape = source.Shape;
        var episode = new Episode(shape);
        var all = new List<float>[] { [], [], [], [] };
        for (int index = first * Tasks; index < (first + count) * Tasks; index++)
        {
            source.Sample(Split.Train, 1, index, episode);
            float[][] parts = [episode.SupportInputs, episode.SupportTargets, episode.QueryInputs, episode.QueryTargets];
            for (int i = 0; i < parts.Length; i++)
            {
                all[i].AddRange(parts[i]);
            }
        }

        Safetensors.Write(Path.Combine(folder, "episodes.safetensors"),
        [
            new StoredTensor("support_inputs", [count, Tasks, shape.SupportCount, .. shape.InputShape], [.. all[0]]),
            new StoredTensor("support_targets", [count, Tasks, shape.SupportCount, shape.Outputs], [.. all[1]]),
            new StoredTensor("query_inputs", [count, Tasks, shape.QueryCount, .. shape.InputShape], [.. all[2]]),
            new StoredTensor("query_targets", [count, Tasks, shape.QueryCount, shape.Outputs], [.. all[3]]),
        ]);
    }

    private static IReadOnlyList<double> Follow(string folder, LearnerSpecification specification, int order)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), new JsonObject
        {
            ["model"] = specification.Network, ["order"] = order, ["innerSteps"] = specification.InnerSteps, ["innerRate"] = specification.InnerRate,
            ["outer"] = "adam", ["outerRate"] = OuterRate, ["beta1"] = 0.9, ["beta2"] = 0.999, ["epsilon"] = Epsilon,
            ["loss"] = specification.Kind == TaskKind.Classification ? "cross_entropy" : "mse",
        }.ToJsonString());
        (int exitCode, string errors) = RunPython(
            Path.Combine(RepositoryRoot.Find(), "benchmarks", "peers", "parity.py"),
            "--weights", Path.Combine(folder, "weights.safetensors"), "--episodes", Path.Combine(folder, "episodes.safetensors"),
            "--config", Path.Combine(folder, "config.json"), "--output", Path.Combine(folder, "losses.json"));
        Assert.True(exitCode == 0, errors);
        return [.. JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "losses.json")))!["losses"]!.AsArray().Select(loss => loss!.GetValue<double>())];
    }

    private static void RequirePyTorch()
    {
        if (!File.Exists(Python) || RunPython("-c", "import torch, numpy").ExitCode != 0)
        {
            Assert.Skip("PyTorch is not installed: the parity with it is not tested here (Debian: apt-get install python3-torch, or ./test --with-peers)");
        }
    }

    private static (int ExitCode, string Errors) RunPython(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardError = true, RedirectStandardOutput = true, Environment = { ["OMP_NUM_THREADS"] = "1" },
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }

    /// <summary>
    /// Images with a grain. On a flat background thousands of units cross a kink of ReLU or max-pooling at the same moment, and single precision then leaves
    /// the trajectory of double precision by percents, in PyTorch alone as well: such episodes cannot tell a fault from rounding.
    /// </summary>
    private sealed class Grainy(ITaskSource source) : ITaskSource
    {
        public string Name => source.Name;

        public string Description => source.Description;

        public TaskShape Shape => source.Shape;

        public bool HasSplit(Split split) => source.HasSplit(split);

        public void Sample(Split split, ulong seed, long index, Episode destination)
        {
            source.Sample(split, seed, index, destination);
            var random = new CounterRandom(seed, 99, (ulong)index);
            foreach (float[] inputs in new[] { destination.SupportInputs, destination.QueryInputs })
            {
                foreach (ref float value in inputs.AsSpan())
                {
                    value += random.NextSingle() - 0.5f;
                }
            }
        }
    }
}
