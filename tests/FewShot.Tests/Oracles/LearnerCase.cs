using System.Text.Json.Nodes;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Tests.Oracles;

/// <summary>
/// One learner with random weights on one random task: its training program in double, and what a user gets of <c>Learner.Adapt</c> and
/// <see cref="AdaptedModel.Predict"/> in single precision.
/// </summary>
internal sealed class LearnerCase(LearnerSpecification learner, int supportCount, int queryCount, int segmentSteps = 0) : OracleCase
{
    private const ulong Seed = 11;
    private const double SolverTolerance = 1e-6;
    private const double Rounding = 1e-9;

    private readonly TaskShape _shape = new(learner.Kind, learner.InputShape, learner.Outputs, supportCount, queryCount);
    private readonly TaskPrograms _graphs = TaskPrograms.Of(learner);
    private IProgram<double>? _program;
    private ParameterSet? _parameters;
    private Episode? _episode;

    public string Row => learner.Method;

    /// <inheritdoc/>
    public override string Name => $"{learner.Network}, {_shape}, {string.Join(", ", Settings())}";

    /// <summary>What the meta-gradient may be off by: a solver that stops by a tolerance is as near to the solution as that.</summary>
    public double GradientTolerance =>
        _graphs.Method.MetaGradient is Implicit { Solver: LinearSolver.ConjugateGradients } ? SolverTolerance : Rounding;

    private IProgram<double> Program => _program ??= new ReferenceProgram(_graphs.Training(_shape, segmentSteps));

    private ParameterSet Parameters => _parameters ??= DrawParameters();

    private Episode Episode => _episode ??= DrawEpisode();

    /// <summary>Whether the row serves such tasks; what does not serve regression says so.</summary>
    public static bool Serves(LearnerSpecification learner, int supportCount, int queryCount) =>
        learner
            .CreateMethod()
            .Adaptation.Incompatibility(
                learner.CreateModel(),
                new TaskShape(learner.Kind, learner.InputShape, learner.Outputs, supportCount, queryCount)
            )
            is null;

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["kind"] = "learner", ["learner"] = learner.ToJson() };

    /// <inheritdoc/>
    public override IEnumerable<StoredTensor> Given() =>
        [
            .. Parameters.Specifications.Select(parameter => new StoredTensor(
                $"meta/{parameter.Name}",
                Extents(parameter.Shape),
                Parameters[parameter.Name].ToArray()
            )),
            new($"episode/{TaskPrograms.SupportInputs}", [supportCount, .. learner.InputShape], Episode.SupportInputs),
            new($"episode/{TaskPrograms.SupportTargets}", [supportCount, learner.Outputs], Episode.SupportTargets),
            new($"episode/{TaskPrograms.QueryInputs}", [queryCount, .. learner.InputShape], Episode.QueryInputs),
            new($"episode/{TaskPrograms.QueryTargets}", [queryCount, learner.Outputs], Episode.QueryTargets),
            .. Extra().Select(extra => new StoredTensor($"extra/{extra.Name}", Extents(extra.Shape), extra.Values)),
            .. _graphs.Method.MetaGradient is HessianFree differences
                ? [new StoredTensor("extra/delta", [], new[] { differences.Delta })]
                : Array.Empty<StoredTensor>(),
        ];

    /// <summary>How far the product is from what the oracle gave.</summary>
    public LearnerErrors Compare(Func<string, double[]> oracle)
    {
        IProgram<double> program = Program;
        using IWorker<double> worker = program.CreateWorker();
        foreach (StoredTensor tensor in Given())
        {
            string name = tensor.Name[(tensor.Name.IndexOf('/') + 1)..];
            if (program.InputNames.Contains(name))
            {
                Span<double> input = worker.Input(program.InputIndex(name));
                for (int i = 0; i < input.Length; i++)
                {
                    input[i] = tensor.Float32[i];
                }
            }
        }

        worker.Run();
        ILookup<bool, string> outputs = program
            .OutputNames.Where(name => name is not (TaskPrograms.NegativeCurvature or TaskPrograms.StoodStill))
            .ToLookup(name =>
                name.StartsWith(TaskPrograms.Gradient, StringComparison.Ordinal)
                || name.StartsWith(MetaGradientTrace.StatePrefix, StringComparison.Ordinal)
            );
        return new LearnerErrors(
            RelativeDistance(outputs[true].SelectMany(Pairs)),
            outputs[false].Max(name => RelativeDistance(Pairs(name))),
            LargestDifference([.. Use().Zip(oracle("adapted"), (found, right) => ((double)found, right))])
        );

        (double Found, double Right)[] Pairs(string name)
        {
            double[] right = oracle(name == TaskPrograms.Predictions ? "answers" : name);
            ReadOnlySpan<double> found = worker.Output(program.OutputIndex(name));
            if (found.Length != right.Length)
            {
                throw new InvalidDataException($"{name} has {found.Length} numbers, that of the oracle {right.Length}");
            }

            var pairs = new (double, double)[right.Length];
            for (int i = 0; i < pairs.Length; i++)
            {
                pairs[i] = (found[i], right[i]);
            }

            return pairs;
        }
    }

    private float[] Use()
    {
        var user = new Learner(learner, Parameters);
        using AdaptedModel model =
            learner.Kind == TaskKind.Classification
                ? user.Adapt(Episode.SupportInputs, Episode.SupportLabels)
                : user.Adapt(Episode.SupportInputs, Episode.SupportTargets);
        return model.Predict(Episode.QueryInputs);
    }

    /// <summary>Away from the special values that parameters start at, so that no derivative is zero by symmetry.</summary>
    private ParameterSet DrawParameters()
    {
        var parameters = ParameterSet.Initialize(_graphs.Method.MetaParameters(_graphs.Model), Seed);
        var random = new CounterRandom(Seed, 1, 0);
        foreach (ref float value in parameters.Values.AsSpan())
        {
            value = (float)((value * random.Uniform(0.8, 1.2)) + random.Uniform(-0.05, 0.05));
        }

        return parameters;
    }

    /// <summary>Classes around means of their own, so that there is something to learn.</summary>
    private Episode DrawEpisode()
    {
        var episode = new Episode(_shape);
        var random = new CounterRandom(Seed, 2, 0);
        if (learner.Kind == TaskKind.Classification)
        {
            episode.FillClassTargets();
        }
        else
        {
            Fill(episode.SupportTargets, 0, 0, ref random);
            Fill(episode.QueryTargets, 0, 0, ref random);
        }

        (float[], int[])[] sets = [(episode.SupportInputs, episode.SupportLabels), (episode.QueryInputs, episode.QueryLabels)];
        foreach ((float[] inputs, int[] labels) in sets)
        {
            for (int example = 0; example < inputs.Length / _shape.InputSize; example++)
            {
                int label = labels.Length == 0 ? 0 : labels[example];
                Fill(inputs.AsSpan(example * _shape.InputSize, _shape.InputSize), label, 0.5, ref random);
            }
        }

        return episode;

        static void Fill(Span<float> values, int label, double spread, ref CounterRandom random)
        {
            var mean = new CounterRandom(Seed, 3, (ulong)label);
            foreach (ref float value in values)
            {
                value = (float)(random.NextNormal() + (spread * mean.NextNormal()));
            }
        }
    }

    /// <summary>What training reads besides parameters and examples: weights of the steps' losses, what is kept of a task.</summary>
    private IEnumerable<(string Name, Shape Shape, float[] Values)> Extra()
    {
        var random = new CounterRandom(Seed, 4, 0);
        foreach (string name in Program.InputNames)
        {
            bool kept = name.StartsWith(MetaGradientTrace.StatePrefix, StringComparison.Ordinal);
            if (kept || name == Unrolled.StepWeights)
            {
                Shape shape = kept
                    ? Parameters.Specifications.Single(parameter => parameter.Name == name[(name.LastIndexOf(':') + 1)..]).Shape
                    : new Shape(_graphs.Method.Adaptation.Steps);
                double low = kept ? -0.2 : 0.1;
                yield return (name, shape, [.. Enumerable.Range(0, shape.Count).Select(_ => (float)random.Uniform(low, 0.3))]);
            }
        }
    }

    private IEnumerable<string> Settings()
    {
        JsonObject own = learner.ToJson();
        string[] common = ["method", "network", "channels", "hidden", "kind", "inputShape", "outputs", "preparation"];
        foreach ((string name, JsonNode? value) in own.Where(setting => setting.Value is not null && !common.Contains(setting.Key)))
        {
            yield return $"{name} {value}";
        }

        if (segmentSteps > 0)
        {
            yield return $"{segmentSteps} steps recomputed together";
        }
    }

    private static int[] Extents(Shape shape) => shape.Extents.ToArray();
}

/// <summary>What the product is off by.</summary>
/// <param name="Gradient">The meta-gradient, and what is kept of a task under a warm start, in double, relative.</param>
/// <param name="Training">Query loss, answers and running statistics of training in double, relative.</param>
/// <param name="Use">A user's answers in single precision: probabilities, or values relative to the largest.</param>
internal readonly record struct LearnerErrors(double Gradient, double Training, double Use);
