using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Compute.Operations;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Optimizers;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace OwnParts;

/// <summary>A layer of one's own: a learned gain for each feature.</summary>
/// <param name="Initial">The gain before training.</param>
public sealed record Gain(double Initial = 1) : Layer
{
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
        [new($"{name}.scale", new Shape(input[-1]), Initializer.Constant(Initial))];

    public override Shape Output(Shape input) => input;

    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        x * parameters[$"{name}.scale"];
}

/// <summary>An adaptation of one's own: class means in units of their spread.</summary>
/// <param name="Floor">What is added to the variance.</param>
public sealed record ScaledMeans(double Floor = 0.1) : AdaptationRule
{
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        TensorMap state = task.WithStatistics(task.Meta);
        Tensor x = task.Model.Embed(state, task.SupportInputs, task.SupportNormalization());
        Tensor means = task.SupportTargets.MatrixMultiply(x, transposeA: true) / task.SupportTargets.Sum(0).Reshape(-1, 1);
        Tensor scale = ((x - task.SupportTargets.MatrixMultiply(means)).Square().Mean(0) + Floor).ReciprocalSqrt();
        return [state.With([new("means", means * scale), new("scale", scale)])];
    }

    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries) =>
        -(task.Model.Embed(state, queries, task.QueryNormalization(state)) * state["scale"]).SquaredDistances(state["means"]);

    public override string? Incompatibility(Model model, TaskShape shape) =>
        shape.Kind == TaskKind.Classification ? null : "scaled means classify; for regression use a gradient or ridge method";
}

/// <summary>A weighting of one's own: tasks count by a power of their loss.</summary>
/// <param name="Exponent">The power.</param>
public sealed record LossPower(double Exponent = 0.5) : TaskWeighting
{
    public override string Name => "loss power";

    public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights)
    {
        float sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] = MathF.Pow(losses[i], (float)Exponent);
            sum += weights[i];
        }

        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] /= sum;
        }
    }
}

/// <summary>A loss of one's own: cross-entropy against softened labels.</summary>
/// <param name="Smoothing">The share of a label that all classes divide among them.</param>
public sealed record SmoothedCrossEntropy(double Smoothing = 0.1) : TaskLoss
{
    public override Tensor Of(Tensor predictions, Tensor targets) =>
        predictions.CrossEntropy((targets * (1 - Smoothing)) + (Smoothing / predictions.Shape[-1]));
}

/// <summary>An optimiser of one's own: the sign of the gradient.</summary>
public sealed class SignDescent : Optimizer
{
    protected override void Step(Span<float> values, ReadOnlySpan<float> gradient, float rate)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] -= rate * MathF.Sign(gradient[i]);
        }
    }
}

/// <summary>
/// A source of one's own that is no pictures: three clouds of points around a circle, turned by an angle of its own for each task.
/// </summary>
public sealed class Clouds(int shots, int queries) : ITaskSource
{
    public string Name => "clouds";

    public string Description => "three clouds of points around a circle, turned anew for each task";

    public TaskShape Shape { get; } = new(TaskKind.Classification, [4], 3, 3 * shots, 3 * queries);

    public bool HasSplit(Split split) => true;

    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        double turn = random.NextDouble() * Math.Tau;
        for (int i = 0; i < Shape.SupportCount; i++)
        {
            Draw(ref random, turn, i / Shape.Shots, destination.SupportInput(i));
        }

        for (int i = 0; i < Shape.QueryCount; i++)
        {
            Draw(ref random, turn, i / Shape.QueriesPerClass, destination.QueryInput(i));
        }

        destination.FillClassTargets();
    }

    // The last two numbers say nothing: what a learner must learn to leave out.
    private static void Draw(ref CounterRandom random, double turn, int label, Span<float> point)
    {
        double angle = turn + (label * Math.Tau / 3);
        point[0] = (float)(Math.Cos(angle) + (0.3 * random.NextNormal()));
        point[1] = (float)(Math.Sin(angle) + (0.3 * random.NextNormal()));
        point[2] = (float)(3 * random.NextNormal());
        point[3] = (float)(3 * random.NextNormal());
    }
}

/// <summary>How the parts are written to files.</summary>
[JsonSerializable(typeof(Gain))]
[JsonSerializable(typeof(ScaledMeans))]
[JsonSerializable(typeof(LossPower))]
[JsonSerializable(typeof(SmoothedCrossEntropy))]
internal sealed partial class PartsJson : JsonSerializerContext
{
    public static void Register()
    {
        PartRegistry.Register("gain", Default.Gain);
        PartRegistry.Register("scaled-means", Default.ScaledMeans);
        PartRegistry.Register("loss-power", Default.LossPower);
        PartRegistry.Register("smoothed-cross-entropy", Default.SmoothedCrossEntropy);
    }
}
