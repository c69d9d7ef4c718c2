using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Naming;

namespace FewShot.Methods;

/// <summary>
/// What a user may change of a catalogue row; null keeps the row's own value. An option is a property here and its row in
/// <see cref="All"/>: the command line, its help, files of runs and comparisons are made from these. Immutable.
/// </summary>
public record MethodOptions
{
    /// <summary>The most inner steps: each has its own operations in a compiled program, so that its size grows with them.</summary>
    public const int MaximumInnerSteps = 10_000;

    /// <summary>Inner steps K, from 1 to <see cref="MaximumInnerSteps"/>.</summary>
    /// <value>Null by default, for the row's own.</value>
    public int? InnerSteps
    {
        get;
        init =>
            field = value is null or (>= 1 and <= MaximumInnerSteps)
                ? value
                : throw new ArgumentOutOfRangeException(nameof(InnerSteps), value, $"InnerSteps must be from 1 to {MaximumInnerSteps}");
    }

    /// <summary>Inner step size α, positive.</summary>
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

    /// <summary>
    /// How an implicit meta-gradient solves its linear system, as <see cref="MetaGradients.LinearSolver.Parse"/> reads it.
    /// </summary>
    /// <value>Null by default, for the row's own.</value>
    public string? Solver { get; init; }

    /// <summary>
    /// The damping λ that an implicit meta-gradient adds to the Hessian's diagonal, at least 0; see
    /// <see cref="MetaGradients.LinearSolver.Damping"/>.
    /// </summary>
    /// <value>Null by default, for 0.</value>
    public double? Damping
    {
        get;
        init =>
            field =
                value is null || (value >= 0 && double.IsFinite(value.Value))
                    ? value
                    : throw new ArgumentOutOfRangeException(nameof(Damping), value, "Damping cannot be negative.");
    }

    /// <summary>
    /// Whether an implicit meta-gradient goes on from what each task had when it was last visited, for training on a fixed set of tasks;
    /// see <see cref="MetaGradients.Implicit.WarmStart"/>.
    /// </summary>
    /// <value>False by default.</value>
    public bool WarmStart { get; init; }

    /// <summary>How tasks are combined in training.</summary>
    /// <value>Null by default, for the row's own.</value>
    public TaskWeightingKind? Weighting { get; init; }

    /// <summary>The temperature of the task weights, where they have one.</summary>
    /// <value>Null by default, for the weighting's own.</value>
    public double? WeightingTemperature { get; init; }

    /// <summary>The least task weight in units of the uniform one, where weights can be negative; negative infinity for none.</summary>
    /// <value>Null by default, for the weighting's own.</value>
    public double? WeightingFloor { get; init; }

    // What the row's own values depend on.
    internal MethodConditions Conditions { get; init; } = new();

    /// <summary>What there is to say of each option, in the order of the help.</summary>
    public static IReadOnlyList<MethodOption> All { get; } =
    [
        new MethodOption<int?>(
            "inner-steps",
            "Steps of the inner loop. [default: the method's]",
            ValueForm.Whole(1),
            options => options.InnerSteps,
            (options, value) => options with { InnerSteps = value },
            WithoutDescent
        ),
        new MethodOption<double?>(
            "inner-rate",
            "Step size of the inner loop. [default: the method's; for regression 0.01, in proportion less below ten shots, or 0.001 "
                + "where the head alone moves]",
            ValueForm.Real(),
            options => options.InnerRate,
            (options, value) => options with { InnerRate = value },
            WithoutDescent
        ),
        new MethodOption<LearningRateScope?>(
            "rates",
            "Whether inner step sizes are learned: one for all, a layer, a layer and a step, or a parameter. [default: the method's]",
            ValueForm.Choice<LearningRateScope?>([
                ("fixed", LearningRateScope.Fixed),
                ("scalar", LearningRateScope.Scalar),
                ("layer", LearningRateScope.Layer),
                ("layer-step", LearningRateScope.LayerAndStep),
                ("parameter", LearningRateScope.Parameter),
            ]),
            options => options.Rates,
            (options, value) => options with { Rates = value },
            WithoutDescent
        ),
        new MethodOption<Pattern>(
            "pattern",
            "Which layers change at which inner step: all, head, body, lastN, a row of 0 and 1 for the layers, or rows joined by ';' "
                + "for the steps. [default: the method's]",
            new ValueForm<Pattern>("P", "a pattern", Pattern.Parse),
            options => options.Pattern,
            (options, value) => options with { Pattern = value },
            (method, _) =>
                method.Adaptation.Changing is null
                    ? $"method {method.Name} has no layers that change one by one: a pattern does not apply to it"
                    : null
        ),
        new MethodOption<int?>(
            "exact-steps",
            "How many of the last inner steps are differentiated exactly; 0 is first order. [default: the method's]",
            ValueForm.Whole(0),
            options => options.ExactSteps,
            (options, value) => options with { ExactSteps = value },
            (method, value) =>
                method.MetaGradient is Unrolled unrolled && unrolled.ExactSteps == value
                    ? null
                    : $"method {method.Name} has a meta-gradient of its own ({method.MetaGradient.Order}): it takes no number of exact "
                        + "steps; maml does"
        ),
        new MethodOption<double?>(
            "flow-time",
            "How long the gradient flow of meta-rkhs-ii lasts, in time of the summed loss; inf is its limit. [default: inf]",
            ValueForm.Number(value => value > 0, "a number above 0", "inf", double.PositiveInfinity),
            options => options.FlowTime,
            (options, value) => options with { FlowTime = value },
            (method, _) =>
                method.Adaptation is TangentFlow
                    ? null
                    : $"method {method.Name} has no gradient flow whose time could be set; meta-rkhs-ii has"
        ),
        new MethodOption<string>(
            "solver",
            "How an implicit meta-gradient solves its linear system: cg, steepest, neumann or fixed-point. [default: the method's]",
            ValueForm.Text("NAME[:ITERATIONS]"),
            options => options.Solver,
            (options, value) => options with { Solver = value },
            (method, _) => WithoutSystem(method)
        ),
        new MethodOption<double?>(
            "damping",
            "What an implicit meta-gradient adds to the Hessian's diagonal, where the lower level is not convex. [default: 0]",
            ValueForm.Real(zero: true),
            options => options.Damping,
            (options, value) => options with { Damping = value },
            (method, _) => WithoutSystem(method)
        ),
        new MethodOption<bool?>(
            "warm-start",
            "An implicit meta-gradient goes on from what each task had when it was last visited; for a fixed set of --tasks. "
                + "[default: off]",
            ValueForm.Switch(),
            options => options.WarmStart ? true : null,
            (options, value) => options with { WarmStart = value is true },
            (method, _) => WithoutSystem(method)
        ),
        new MethodOption<TaskWeightingKind?>(
            "weighting",
            "How the tasks of an iteration are combined: by agreement or similarity of their gradients, by their loss, or all the "
                + "same. [default: the method's]",
            ValueForm.Choice<TaskWeightingKind>(),
            options => options.Weighting,
            (options, value) => options with { Weighting = value }
        ),
        new MethodOption<double?>(
            "weighting-temperature",
            "Temperature of the weights by similarity or loss; the larger, the more alike. Harder tasks count more by loss, easier "
                + "ones if it is negative. [default: 0.5 for similarity, 1 for loss]",
            ValueForm.Number(value => value != 0, "a number other than 0"),
            options => options.WeightingTemperature,
            (options, value) => options with { WeightingTemperature = value }
        ),
        new MethodOption<double?>(
            "weighting-floor",
            "Least weight by agreement, where 1 is that of all tasks alike; none allows negative ones. [default: 0]",
            ValueForm.Number(_ => true, "a number", "none", double.NegativeInfinity),
            options => options.WeightingFloor,
            (options, value) => options with { WeightingFloor = value }
        ),
    ];

    private static string? WithoutDescent<T>(Method method, T value) =>
        method.Adaptation is GradientDescent
            ? null
            : $"method {method.Name} adapts without gradient descent: it has no inner steps or inner rate to set";

    private static string? WithoutSystem(Method method) =>
        method.MetaGradient is Implicit
            ? null
            : $"method {method.Name} has no linear system to solve ({method.MetaGradient.Order}): a solver, its damping and a warm "
                + "start are for implicit meta-gradients, as mrml and imaml have them";
}
