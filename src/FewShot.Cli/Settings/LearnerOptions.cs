using System.CommandLine;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>What the learner is: method and network.</summary>
internal sealed class LearnerOptions
{
    public const string DefaultMethod = "maml";

    // What there is to change of a method.
    private readonly (MethodOption Of, Option Option)[] _ofMethods =
    [
        .. MethodOptions.All.Select(option => (option, OptionFactory.Of(option))),
    ];

    public Option<string?> Method { get; } =
        OptionFactory.Text("--method", "M", $"Row of the catalogue, see 'fewshot methods'. [default: {DefaultMethod}]");

    public Option<string?> Model { get; } =
        OptionFactory.Text("--model", string.Join('|', Networks.Names), "The network. [default: conv4 for images, mlp for the rest]");

    public Option<int?> Channels { get; } = OptionFactory.Whole("--channels", "Channels of each block of conv4. [default: 64]", 1);

    public Option<IReadOnlyList<int>?> Hidden { get; } =
        OptionFactory.Sizes("--hidden", "Sizes of the hidden layers of mlp. [default: 40,40]");

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

        foreach (Option option in new Option[] { Model, Channels, Hidden }.Concat(_ofMethods.Select(entry => entry.Option)))
        {
            command.Add(option);
        }

        command.Add(NormStatistics);
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
            Preparation = preparation,
        };
        foreach ((MethodOption of, Option option) in _ofMethods)
        {
            if (parse.GetResult(option) is { Implicit: false } && OptionFactory.ValueOf(parse, option) is { } value)
            {
                specification = of.With(specification, value);
            }
        }

        specification.CreateMethod().Validate(specification.CreateModel(), shape);
        return specification;
    }
}
