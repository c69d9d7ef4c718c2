using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>What a user may change of a catalogue row; null keeps the row's own value.</summary>
public sealed record MethodOptions
{
    /// <summary>What the tasks ask for, on which the row's own inner step size depends.</summary>
    internal TaskKind Kind { get; init; }

    /// <summary>
    /// How many examples of a class there are, or for regression of a task, on which the row's own inner step size depends; null for that
    /// of ten.
    /// </summary>
    internal int? Shots { get; init; }

    /// <summary>Whether the network normalises, on which the row's own inner step size depends.</summary>
    internal bool IsNormalized { get; init; } = true;

    /// <summary>The most inner steps: each has its own operations in a compiled program, so that its size grows with them.</summary>
    public const int MaximumInnerSteps = 10_000;

    /// <summary>The number of inner steps K, from 1 to <see cref="MaximumInnerSteps"/>.</summary>
    /// <value>Null by default, for the row's own.</value>
    public int? InnerSteps
    {
        get;
        init =>
            field = value is null or (>= 1 and <= MaximumInnerSteps)
                ? value
                : throw new ArgumentOutOfRangeException(nameof(InnerSteps), value, $"InnerSteps must be from 1 to {MaximumInnerSteps}");
    }

    /// <summary>The inner step size α, positive.</summary>
    /// <value>Null by default, for the row's own.</value>
    public double? InnerRate
    {
        get;
        init =>
            field =
                value is null || (value > 0 && double.IsFinite(value.Value))
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(InnerRate), value, "The inner step size must be a positive number.");
    }

    /// <summary>What a learned inner step size is for, or that none is learned.</summary>
    /// <value>Null by default, for the row's own.</value>
    public LearningRateScope? Rates { get; init; }

    /// <summary>The pattern Λ: which layers change at which inner step.</summary>
    /// <value>Null by default, for the row's own.</value>
    public Pattern? Pattern { get; init; }

    /// <summary>How long a gradient flow lasts, positive; infinity for its limit. See <see cref="TangentFlow"/> for the unit.</summary>
    /// <value>Null by default, for the row's own.</value>
    public double? FlowTime
    {
        get;
        init =>
            field = value is null or > 0
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(FlowTime),
                    value,
                    "The time of a gradient flow must be positive; infinity is allowed."
                );
    }

    /// <summary>How the tasks of a batch are combined.</summary>
    /// <value>Null by default, for the row's own.</value>
    public TaskWeightingKind? Weighting { get; init; }

    /// <summary>The temperature of the task weights, where they have one.</summary>
    /// <value>Null by default, for the weighting's own.</value>
    public double? WeightingTemperature { get; init; }

    /// <summary>The least task weight in units of the uniform one, where weights can be negative; negative infinity for none.</summary>
    /// <value>Null by default, for the weighting's own.</value>
    public double? WeightingFloor { get; init; }

    /// <summary>
    /// How an implicit meta-gradient solves its linear system, as <see cref="MetaGradients.LinearSolver.Parse"/> reads it.
    /// </summary>
    /// <value>Null by default, for the row's own.</value>
    public string? Solver { get; init; }

    /// <summary>
    /// The damping λ that an implicit meta-gradient adds to the Hessian's diagonal, at least 0; see
    /// <see cref="MetaGradients.LinearSolver.Damping"/>.
    /// </summary>
    /// <value>Null by default, for none.</value>
    public double? Damping
    {
        get;
        init =>
            field =
                value is null || (value >= 0 && double.IsFinite(value.Value))
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(Damping), value, "Damping cannot be negative.");
    }

    /// <summary>Whether an implicit meta-gradient starts warm, see <see cref="MetaGradients.Implicit.WarmStart"/>.</summary>
    /// <value>False by default.</value>
    public bool WarmStart { get; init; }

    /// <summary>How many last inner steps are differentiated exactly, at least 0.</summary>
    /// <value>Null by default, for the row's own.</value>
    public int? ExactSteps
    {
        get;
        init =>
            field = value is null or >= 0
                ? value
                : throw new ArgumentOutOfRangeException(nameof(ExactSteps), value, "The number of exact steps cannot be negative.");
    }

    /// <summary>The options for tasks of a shape: on images the network is taken for one that normalises, as conv4 does.</summary>
    internal MethodOptions For(TaskShape tasks) =>
        this with
        {
            Kind = tasks.Kind,
            Shots = tasks.Kind == TaskKind.Classification ? tasks.SupportCount / tasks.Outputs : tasks.SupportCount,
            IsNormalized = tasks.InputShape.Count == 3,
        };
}
