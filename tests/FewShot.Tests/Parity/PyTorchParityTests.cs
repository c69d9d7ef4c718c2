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
    private const double OuterRate = 1e-3;

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
        ITaskSource source = TaskSources.Open(data, null, new TaskOptions { Shots = data == "sinusoid" ? 10 : 1, QueriesPerClass = data == "sinusoid" ? 10 : 3 });
        var specification = new LearnerSpecification
        {
            Method = method, Network = network, Channels = 8, Kind = source.Shape.Kind, InputShape = source.Shape.InputShape, Outputs = source.Shape.Outputs,
            InnerSteps = 3, InnerRate = data == "sinusoid" ? 0.001 : 0.1,
        };
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fewshot-parity");
        try
        {
            IReadOnlyList<double> ours = Train(specification, source, folder.FullName);
            IReadOnlyList<double> theirs = Follow(folder.FullName, specification, order);
            Assert.Equal(MetaSteps, theirs.Count);
            for (int step = 0; step < MetaSteps; step++)
            {
                Assert.True(
                    Math.Abs(ours[step] - theirs[step]) <= 1e-4 * Math.Abs(theirs[step]),
                    $"meta-step {step}: FewShot's loss is {ours[step]}, PyTorch's {theirs[step]}");
            }

            Assert.NotEqual(ours[0], ours[^1]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IReadOnlyList<double> Train(LearnerSpecification specification, ITaskSource source, string folder)
    {
        TaskGraphs graphs = TaskGraphs.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 7);
        Export(specification, parameters, source, folder);
        using var step = new MetaStep(graphs, source.Shape, parameters, Tasks, workers: 1, checkpointed: false);
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

    private static void Export(LearnerSpecification specification, ParameterSet parameters, ITaskSource source, string folder)
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
        for (int index = 0; index < MetaSteps * Tasks; index++)
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
            new StoredTensor("support_inputs", [MetaSteps, Tasks, shape.SupportCount, .. shape.InputShape], [.. all[0]]),
            new StoredTensor("support_targets", [MetaSteps, Tasks, shape.SupportCount, shape.Outputs], [.. all[1]]),
            new StoredTensor("query_inputs", [MetaSteps, Tasks, shape.QueryCount, .. shape.InputShape], [.. all[2]]),
            new StoredTensor("query_targets", [MetaSteps, Tasks, shape.QueryCount, shape.Outputs], [.. all[3]]),
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
            Path.Combine(RepositoryRoot(), "benchmarks", "peers", "parity.py"),
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

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "FewShot.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("the repository's root was not found above the test");
    }
}
