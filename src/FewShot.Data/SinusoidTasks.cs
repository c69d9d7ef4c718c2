using FewShot.Compute.Numerics;
using FewShot.Data.Sources;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>
/// The regression problem of Finn et al. 2017, section 5.1: y = amplitude · sin(x - phase), amplitude uniform in [0.1, 5], phase in [0, π],
/// x in [-5, 5]. Support and query inputs are drawn independently. All three splits are the same distribution, drawn with different
/// numbers.
/// </summary>
public sealed class SinusoidTasks : ITaskSource
{
    /// <summary>Creates the source.</summary>
    /// <param name="options">Shots are the support points of a task, queries per class its query points.</param>
    public SinusoidTasks(TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Shape = options.Regression(1, 1);
    }

    /// <inheritdoc/>
    public string Name => "sinusoid";

    /// <inheritdoc/>
    public string Description =>
        "Sine waves of random amplitude in [0.1, 5] and phase in [0, π] on x in [-5, 5] (Finn et al. 2017); made on demand.";

    /// <inheritdoc/>
    public TaskShape Shape { get; }

    /// <summary>How rows become examples: a table of columns x and y, taken as they are.</summary>
    public InputPreparation Preparation { get; } = new TablePreparation(["x"], [0], [1], "y", 0, 1);

    /// <inheritdoc/>
    public bool HasSplit(Split split) => Enum.IsDefined(split);

    /// <inheritdoc/>
    public SplitSummary Summarize(Split split) => new(split, 0, 0, null, null, null);

    /// <summary>The wave behind a task, for comparison with what a model learnt.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="index">The number of the task.</param>
    public static (double Amplitude, double Phase) WaveOf(Split split, ulong seed, long index)
    {
        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        return DrawWave(ref random);
    }

    /// <inheritdoc/>
    public void Sample(Split split, ulong seed, long index, Episode destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        destination.RequireShape(Shape);
        if (!HasSplit(split))
        {
            throw TaskErrors.NoSplit(Name, split);
        }

        var random = new CounterRandom(seed, (uint)split, (ulong)index);
        (double amplitude, double phase) = DrawWave(ref random);
        Fill(ref random, amplitude, phase, destination.SupportInputs, destination.SupportTargets);
        Fill(ref random, amplitude, phase, destination.QueryInputs, destination.QueryTargets);
        destination.TaskName = null;
    }

    private static (double Amplitude, double Phase) DrawWave(ref CounterRandom random) =>
        (random.Uniform(0.1, 5), random.Uniform(0, Math.PI));

    private static void Fill(ref CounterRandom random, double amplitude, double phase, Span<float> inputs, Span<float> targets)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = (float)random.Uniform(-5, 5);
            targets[i] = (float)(amplitude * Math.Sin(inputs[i] - phase));
        }
    }
}

/// <summary>The source 'sinusoid'.</summary>
internal sealed class SinusoidSource : TaskSourceDescriptor
{
    public override string Name => "sinusoid";

    public override string Summary => "sine wave regression, built in";

    public override TaskKind KindOf(SourceSettings settings) => TaskKind.Regression;

    public override SourceData Open(string? root, SourceSettings settings) => new(options => new SinusoidTasks(options));
}
