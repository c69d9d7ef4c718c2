using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>A <see cref="LearnerDefinition"/> as files hold it.</summary>
internal sealed record LearnerDocument
{
    public required MethodDocument Method { get; init; }
    public required NetworkDocument Network { get; init; }
    public TaskKind Kind { get; init; }
    public int Outputs { get; init; }
    public NormStatistics NormStatistics { get; init; }
    public TaskLoss? Loss { get; init; }
    public int? QueryCount { get; init; }
    public InputPreparation? Preparation { get; init; }

    /// <summary>How a definition is written, with all parts that are registered now.</summary>
    public static JsonTypeInfo<LearnerDocument> Type
    {
        get
        {
            BuiltInParts.Register();
            return PartRegistry.TypeOf<LearnerDocument>(LearnerJson.Default);
        }
    }

    /// <summary>What stands for settings that a file does not give.</summary>
    public static LearnerDocument Defaults { get; } =
        Of(
            new LearnerDefinition(
                new Method("", "", "", new Prototypes(), new Unrolled(), TaskWeighting.Uniform),
                new Model("", new Shape(1), [], outputs: 0)
            )
        );

    public static LearnerDocument Of(LearnerDefinition definition) =>
        new()
        {
            Method = new MethodDocument
            {
                Name = definition.Method.Name,
                Title = definition.Method.Title,
                Paper = definition.Method.Paper,
                Adaptation = definition.Method.Adaptation,
                MetaGradient = definition.Method.MetaGradient,
                Weighting = definition.Method.Weighting,
            },
            Network = new NetworkDocument
            {
                Name = definition.Network.Name,
                Input = definition.Network.Input.Extents.ToArray(),
                Body = definition.Network.Body,
                Outputs = definition.Network.Outputs,
            },
            Kind = definition.Kind,
            Outputs = definition.Outputs,
            NormStatistics = definition.NormStatistics,
            Loss = definition.Loss,
            QueryCount = definition.QueryCount,
            Preparation = definition.Preparation,
        };

    public LearnerDefinition ToDefinition() =>
        new(
            new Method(Method.Name, Method.Title, Method.Paper, Method.Adaptation, Method.MetaGradient, Method.Weighting),
            new Model(Network.Name, new Shape([.. Network.Input]), Network.Body, Network.Outputs),
            Kind
        )
        {
            Outputs = Outputs,
            NormStatistics = NormStatistics,
            Loss = Loss,
            QueryCount = QueryCount,
            Preparation = Preparation,
        };
}

/// <summary>A <see cref="Method"/> as files hold it.</summary>
internal sealed record MethodDocument
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    public required string Paper { get; init; }
    public required AdaptationRule Adaptation { get; init; }
    public required MetaGradient MetaGradient { get; init; }
    public required TaskWeighting Weighting { get; init; }
}

/// <summary>A <see cref="Model"/> as files hold it.</summary>
internal sealed record NetworkDocument
{
    public required string Name { get; init; }
    public required IReadOnlyList<int> Input { get; init; }
    public required IReadOnlyList<NamedLayer> Body { get; init; }
    public required int Outputs { get; init; }
}
