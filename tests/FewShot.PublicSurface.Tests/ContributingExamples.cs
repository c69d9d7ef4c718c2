using FewShot.Benchmarks;
using FewShot.Checking;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Compute.Operations;
using FewShot.Data.Sources;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Tasks;
using Xunit;

namespace FewShot.PublicSurface.Tests;

/// <summary>
/// The worked examples of CONTRIBUTING.md, compiled and run; a layer, a method and a data source need nothing but the public surface.
/// </summary>
public class ContributingExamples
{
    [Fact]
    public void Every_example_of_the_guide_is_compiled()
    {
        string root = Repository.Root;
        Guide.AssertCompiled(
            Path.Combine(root, "CONTRIBUTING.md"),
            3,
            Path.Combine(root, "tests/FewShot.PublicSurface.Tests/ContributingExamples.cs")
        );
    }

    [Fact]
    public void The_layer_and_the_method_pass_the_check()
    {
        var method = new Method(
            "scaled-means",
            "Class means in units of their spread",
            "2026",
            new ScaledMeans(0.1),
            new Unrolled(),
            TaskWeighting.Uniform
        );
        var model = new Model(
            "m",
            new Shape(3),
            [("layer1", new Sequential(("linear", new Linear(5)), ("gain", new Gain()), ("tanh", Activation.Tanh)))],
            0
        );
        Assert.True(MethodCheck.Run(method, model, new TaskShape(TaskKind.Classification, [3], 3, 6, 6)).Passed);
        Assert.True(MethodCheck.CompareExecutors(method).Passed);
    }

    [Fact]
    public void The_source_gives_the_same_task_again()
    {
        ITaskSource source = new LineSource().Open(null, new SourceSettings()).Tasks(new TaskOptions { Shots = 4, QueriesPerClass = 3 });
        Episode[] episodes = [new(source.Shape), new(source.Shape), new(source.Shape)];
        source.Sample(Split.Train, 1, 5, episodes[0]);
        source.Sample(Split.Train, 1, 6, episodes[1]);
        source.Sample(Split.Train, 1, 5, episodes[2]);
        Assert.Equal(episodes[0].QueryTargets, episodes[2].QueryTargets);
        Assert.NotEqual(episodes[0].QueryTargets, episodes[1].QueryTargets);
    }
}

/// <summary>Multiplies each channel by a learned number.</summary>
internal sealed record Gain : Layer
{
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
        [new($"{name}.scale", new Shape(input[-1]), Initializer.Constant(1))];

    public override Shape Output(Shape input) => input;

    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        x * parameters[$"{name}.scale"];
}

/// <summary>A class is its mean; a feature counts the more the less it varies about the means of the support set.</summary>
internal sealed record ScaledMeans(double Shrinkage) : AdaptationRule
{
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor x = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());
        Tensor means = task.SupportTargets.MatrixMultiply(x, transposeA: true) / task.SupportTargets.Sum(0).Reshape(-1, 1);
        Tensor scale = ((x - task.SupportTargets.MatrixMultiply(means)).Square().Mean(0) + Shrinkage).ReciprocalSqrt();
        return [state.With([new("means", means * scale), new("scale", scale)])];
    }

    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries) =>
        -(task.Model.Embed(state, queries, task.QueryNormalization(state)) * state["scale"]).SquaredDistances(state["means"]);

    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "scaled means classify; for regression use a gradient or ridge method";
}

/// <summary>Lines y = a·x + b of random slope and height.</summary>
internal sealed class LineTasks(TaskOptions options, bool steep) : ITaskSource
{
    public string Name => "lines";

    public string Description => "Straight lines of random slope and height on x in [-1, 1].";

    public TaskShape Shape { get; } = options.Regression(1, 1);

    public bool HasSplit(Split split) => true;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        destination.RequireShape(Shape);
        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        (double slope, double height) = (random.NextNormal() * (steep ? 10 : 1), random.NextNormal());
        Fill(destination.SupportInputs, destination.SupportTargets);
        Fill(destination.QueryInputs, destination.QueryTargets);

        void Fill(float[] inputs, float[] targets)
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = (float)random.Uniform(-1, 1);
                targets[i] = (float)((slope * inputs[i]) + height);
            }
        }
    }
}

/// <summary>The source 'lines': its name, what it is, what it takes and how it is opened.</summary>
internal sealed class LineSource : TaskSourceDescriptor
{
    public static SourceOption<bool> Steep { get; } = SourceOption.Switch("steep", "Draw 'lines' ten times as steep.");

    public override string Name => "lines";

    public override string Summary => "straight lines, made on demand";

    public override IReadOnlyList<SourceOption> Options => [Steep];

    public override TaskKind KindOf(SourceSettings settings) => TaskKind.Regression;

    public override SourceData Open(string? root, SourceSettings settings) => new(options => new LineTasks(options, settings.Get(Steep)));
}
