using System.CommandLine;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>What the learner is: method and network.</summary>
internal sealed class LearnerOptions
{
    public const string DefaultMethod = "maml";

    public Option<string?> Method { get; } =
        OptionFactory.Text("--method", "M", $"Row of the catalogue, see 'fewshot methods'. [default: {DefaultMethod}]");

    public Option<string?> Model { get; } =
        OptionFactory.Text(
            "--model",
            string.Join('|', LearnerSpecification.Networks),
            "The network. [default: conv4 for images, mlp for the rest]"
        );

    public Option<int?> Channels { get; } = OptionFactory.Whole("--channels", "Channels of each block of conv4. [default: 64]", 1);

    public Option<IReadOnlyList<int>?> Hidden { get; } =
        OptionFactory.Sizes("--hidden", "Sizes of the hidden layers of mlp. [default: 40,40]");

    public Option<int?> InnerSteps { get; } = OptionFactory.Whole("--inner-steps", "Steps of the inner loop. [default: the method's]", 1);

    public Option<double?> InnerRate { get; } =
        OptionFactory.Real(
            "--inner-rate",
            "Step size of the inner loop. [default: the method's; for regression 0.01, in proportion less below ten shots, or 0.001 "
                + "where the head alone moves]"
        );

    public Option<LearningRateScope?> Rates { get; } =
        OptionFactory.Choice<LearningRateScope>(
            "--rates",
            "Whether inner step sizes are learned: one for all, a layer, a layer and a step, or a parameter. [default: the method's]",
            [
                ("fixed", LearningRateScope.Fixed),
                ("scalar", LearningRateScope.Scalar),
                ("layer", LearningRateScope.Layer),
                ("layer-step", LearningRateScope.LayerAndStep),
                ("parameter", LearningRateScope.Parameter),
            ]
        );

    public Option<string?> Pattern { get; } =
        OptionFactory.Text(
            "--pattern",
            "P",
            "Which layers change at which inner step: all, head, body, lastN, a row of 0 and 1 for the layers, or rows joined by ';' "
                + "for the steps. [default: the method's]"
        );

    public Option<int?> ExactSteps { get; } =
        OptionFactory.Whole(
            "--exact-steps",
            "How many of the last inner steps are differentiated exactly; 0 is first order. [default: the method's]",
            0
        );

    public Option<double?> FlowTime { get; } =
        OptionFactory.Number(
            "--flow-time",
            "How long the gradient flow of meta-rkhs-ii lasts, in time of the summed loss; inf is its limit. [default: inf]",
            value => value > 0,
            "a number above 0",
            "inf",
            double.PositiveInfinity
        );

    public Option<TaskWeightingKind?> Weighting { get; } =
        OptionFactory.Choice<TaskWeightingKind>(
            "--weighting",
            "How the tasks of an iteration are combined: by agreement or similarity of their gradients, by their loss, or all the "
                + "same. [default: the method's]"
        );

    public Option<double?> WeightingTemperature { get; } =
        OptionFactory.Number(
            "--weighting-temperature",
            "Temperature of the weights by similarity or loss; the larger, the more alike. Harder tasks count more by loss, easier "
                + "ones if it is negative. [default: 0.5 for similarity, 1 for loss]",
            value => value != 0,
            "a number other than 0"
        );

    public Option<double?> WeightingFloor { get; } =
        OptionFactory.Number(
            "--weighting-floor",
            "Least weight by agreement, where 1 is that of all tasks alike; none allows negative ones. [default: 0]",
            _ => true,
            "a number",
            "none",
            double.NegativeInfinity
        );

    public Option<string?> Solver { get; } =
        OptionFactory.Text(
            "--solver",
            "NAME[:ITERATIONS]",
            "How an implicit meta-gradient solves its linear system: cg, steepest, neumann or fixed-point. [default: the method's]"
        );

    public Option<double?> Damping { get; } =
        OptionFactory.Real(
            "--damping",
            "What an implicit meta-gradient adds to the Hessian's diagonal, where the lower level is not convex. [default: 0]",
            zero: true
        );

    public Option<bool> WarmStart { get; } =
        new("--warm-start")
        {
            Description =
                "An implicit meta-gradient goes on from what each task had when it was last visited; for a fixed set of --tasks. "
                + "[default: off]",
        };

    public Option<NormStatistics?> NormStatistics { get; } =
        OptionFactory.Choice<NormStatistics>(
            "--norm-statistics",
            "Where normalisation takes its statistics from: the support set, averages kept in training, or the queries answered "
                + "together, on which each answer then depends. "
                + "[default: support, or what the run was trained with]"
        );

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command that takes them.</param>
    /// <param name="method">Whether the command is about one method.</param>
    public void AddTo(Command command, bool method = true)
    {
        if (method)
        {
            command.Add(Method);
        }

        foreach (
            Option option in new Option[]
            {
                Model,
                Channels,
                Hidden,
                InnerSteps,
                InnerRate,
                Rates,
                Pattern,
                ExactSteps,
                FlowTime,
                Solver,
                Damping,
                WarmStart,
                Weighting,
                WeightingTemperature,
                WeightingFloor,
                NormStatistics,
            }
        )
        {
            command.Add(option);
        }
    }

    /// <summary>The learner asked for; what is not given is as in <paramref name="stored"/>, or as in the library.</summary>
    public LearnerSpecification Read(ParseResult parse, TaskShape shape, InputPreparation? preparation, LearnerSpecification? stored = null)
    {
        stored ??= new LearnerSpecification
        {
            Method = DefaultMethod,
            InputShape = shape.InputShape,
            Outputs = shape.Outputs,
            Shots = shape.Shots,
        };
        LearnerSpecification specification = stored with
        {
            Method = parse.GetValue(Method)?.ToLowerInvariant() ?? stored.Method,
            Network = parse.GetValue(Model)?.ToLowerInvariant() ?? stored.Network ?? (shape.InputShape.Count == 3 ? "conv4" : "mlp"),
            Channels = parse.GetValue(Channels) ?? stored.Channels,
            Hidden = parse.GetValue(Hidden) ?? stored.Hidden,
            Kind = shape.Kind,
            InputShape = shape.InputShape,
            Outputs = shape.Outputs,
            NormStatistics = parse.GetValue(NormStatistics) ?? stored.NormStatistics,
            InnerSteps = parse.GetValue(InnerSteps) ?? stored.InnerSteps,
            InnerRate = parse.GetValue(InnerRate) ?? stored.InnerRate,
            Rates = parse.GetValue(Rates) ?? stored.Rates,
            Pattern = parse.GetValue(Pattern) ?? stored.Pattern,
            ExactSteps = parse.GetValue(ExactSteps) ?? stored.ExactSteps,
            FlowTime = parse.GetValue(FlowTime) ?? stored.FlowTime,
            Weighting = parse.GetValue(Weighting) ?? stored.Weighting,
            WeightingTemperature = parse.GetValue(WeightingTemperature) ?? stored.WeightingTemperature,
            WeightingFloor = parse.GetValue(WeightingFloor) ?? stored.WeightingFloor,
            Solver = parse.GetValue(Solver) ?? stored.Solver,
            Damping = parse.GetValue(Damping) ?? stored.Damping,
            WarmStart = parse.GetValue(WarmStart) || stored.WarmStart,
            Preparation = preparation,
        };
        specification.CreateMethod().Validate(specification.CreateModel(), shape);
        return specification;
    }
}
