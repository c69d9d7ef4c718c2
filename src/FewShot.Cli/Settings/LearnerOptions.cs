using System.CommandLine;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>What the learner is: method and network.</summary>
internal sealed class LearnerOptions
{
    public const string DefaultMethod = "maml";

    public Option<string?> Method { get; } = OptionFactory.Text("--method", "M", $"Row of the catalogue, see 'fewshot methods'. [default: {DefaultMethod}]");

    public Option<string?> Model { get; } = OptionFactory.Text(
        "--model", string.Join('|', LearnerSpecification.Networks), "The network. [default: conv4 for images, mlp for the rest]");

    public Option<int?> Channels { get; } = OptionFactory.Whole("--channels", "Channels of each block of conv4. [default: 64]", 1);

    public Option<IReadOnlyList<int>?> Hidden { get; } = OptionFactory.Sizes("--hidden", "Sizes of the hidden layers of mlp. [default: 40,40]");

    public Option<int?> InnerSteps { get; } = OptionFactory.Whole("--inner-steps", "Steps of the inner loop. [default: the method's]", 1);

    public Option<double?> InnerRate { get; } = OptionFactory.Real("--inner-rate", "Step size of the inner loop. [default: the method's]");

    public Option<string?> Pattern { get; } = OptionFactory.Text(
        "--pattern", "P", "Which layers change at which inner step: all, head, body, lastN, a row of 0 and 1 for the layers, or rows joined by ';' for the steps. [default: the method's]");

    public Option<int?> ExactSteps { get; } = OptionFactory.Whole(
        "--exact-steps", "How many of the last inner steps are differentiated exactly; 0 is first order. [default: the method's]", 0);

    public Option<string?> Solver { get; } = OptionFactory.Text(
        "--solver", "NAME[:ITERATIONS]", "How an implicit meta-gradient solves its linear system: cg, steepest, neumann or fixed-point. [default: the method's]");

    public Option<bool> WarmStart { get; } = new("--warm-start")
    {
        Description = "An implicit meta-gradient goes on from what each task had when it was last visited; for a fixed set of --tasks. [default: off]",
    };

    public Option<NormStatistics?> NormStatistics { get; } = OptionFactory.Choice<NormStatistics>(
        "--norm-statistics", "Where normalisation takes its statistics from: the queries answered together, the support set, or averages kept in training. [default: query]");

    /// <summary>Adds the options.</summary>
    /// <param name="command">The command.</param>
    /// <param name="method">Whether the command is about one method.</param>
    public void AddTo(Command command, bool method = true)
    {
        if (method)
        {
            command.Add(Method);
        }

        foreach (Option option in new Option[] { Model, Channels, Hidden, InnerSteps, InnerRate, Pattern, ExactSteps, Solver, WarmStart, NormStatistics })
        {
            command.Add(option);
        }
    }

    /// <summary>The learner asked for; what is not given is as in <paramref name="stored"/>, or as in the library.</summary>
    public LearnerSpecification Read(ParseResult parse, TaskShape shape, InputPreparation? preparation, LearnerSpecification? stored = null)
    {
        stored ??= new LearnerSpecification { Method = DefaultMethod, InputShape = shape.InputShape, Outputs = shape.Outputs };
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
            Pattern = parse.GetValue(Pattern) ?? stored.Pattern,
            ExactSteps = parse.GetValue(ExactSteps) ?? stored.ExactSteps,
            Solver = parse.GetValue(Solver) ?? stored.Solver,
            WarmStart = parse.GetValue(WarmStart) || stored.WarmStart,
            Preparation = preparation,
        };
        specification.CreateMethod().Validate(specification.CreateModel(), shape);
        return specification;
    }
}
