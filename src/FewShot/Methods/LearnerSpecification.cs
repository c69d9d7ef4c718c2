using System.Text.Json;
using System.Text.Json.Nodes;
using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Naming;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>
/// Everything that says what a learner is, apart from its weights: method, network, tasks and normalisation. Stored with every run and
/// every adapted model. Immutable.
/// </summary>
public sealed record LearnerSpecification : MethodOptions
{
    /// <summary>The row of the catalogue, by its name.</summary>
    public required string Method { get; init; }

    /// <summary>The network; null chooses conv4 for images and mlp for the rest.</summary>
    public string? Network { get; init; }

    /// <summary>The channels of each block of conv4.</summary>
    /// <value>64 channels by default.</value>
    public int Channels { get; init; } = 64;

    /// <summary>The sizes of the hidden layers of mlp.</summary>
    /// <value>40 and 40 by default.</value>
    public IReadOnlyList<int> Hidden { get; init; } = [40, 40];

    /// <summary>What the tasks ask for: classes or values.</summary>
    /// <value>Classification by default.</value>
    public TaskKind Kind { get; init; } = TaskKind.Classification;

    /// <summary>The shape of one example: height, width and channels of an image, or the number of features.</summary>
    public required IReadOnlyList<int> InputShape { get; init; }

    /// <summary>The ways of a classification task, or the values that a regression predicts.</summary>
    public required int Outputs { get; init; }

    /// <summary>Where normalisation takes its statistics from.</summary>
    /// <value>The support set by default, so that each query is answered for itself.</value>
    public NormStatistics NormStatistics { get; init; } = NormStatistics.Support;

    /// <summary>
    /// Queries of each task it was trained on, all classes together: how many answers were asked for at once where it was measured. Null
    /// where that is not known. The trainer fills it in, see <see cref="LearnerDefinition.QueryCount"/>.
    /// </summary>
    public int? QueryCount
    {
        get;
        init => field = value is < 1 ? throw new ArgumentException($"QueryCount is {value}, but a task has at least 1 query") : value;
    }

    /// <summary>
    /// Support examples of a class, or for regression of a task, that the learner is trained with; the row's own inner step size depends on
    /// them, see <see cref="CreateMethod"/>. Null for the step size of ten shots. A learner adapts to any number of examples.
    /// </summary>
    public int? Shots { get; init; }

    /// <summary>How files become examples; null where only prepared numbers are known.</summary>
    public InputPreparation? Preparation { get; init; }

    /// <summary>The learner that the names and settings describe.</summary>
    /// <exception cref="ArgumentException">A name is unknown, a part does not apply, or the network does not fit the inputs.</exception>
    public LearnerDefinition ToDefinition() =>
        new(CreateMethod(), CreateModel(), Kind)
        {
            Outputs = Outputs,
            NormStatistics = NormStatistics,
            QueryCount = QueryCount,
            Preparation = Preparation,
        };

    /// <summary>The learner that a specification describes, see <see cref="ToDefinition"/>.</summary>
    /// <param name="specification">The names and settings.</param>
    public static implicit operator LearnerDefinition(LearnerSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return specification.ToDefinition();
    }

    /// <summary>
    /// The method, composed. For regression an inner step size that is not set is 0.01, as in the sinusoids of Finn 2017, or 0.001 where
    /// the head alone or a lower problem of many steps is descended: squared errors of a network without normalisation have far larger
    /// gradients than cross-entropy, and the rows' own step sizes diverge on them. Where more than the head moves, fewer than ten
    /// <see cref="Shots"/> take steps smaller in proportion, for the curvature of a mean over few examples can be that of the worst of
    /// them. The rows meta-rkhs-i and meta-rkhs-i-norm, whose energy is not bounded below once the step size exceeds the inverse of the
    /// curvature, take a hundredth of these on mlp, and for classification a tenth of the row's own, where <see cref="Shots"/> are known.
    /// </summary>
    /// <exception cref="ArgumentException">A name is unknown or a part does not apply.</exception>
    public Method CreateMethod() =>
        Catalogue.Create(Method, this with { Conditions = new MethodConditions(Kind, Shots, CreateBody().Normalizes) });

    /// <summary>The network, with a head where the method adapts one.</summary>
    /// <exception cref="ArgumentException">The network is unknown, or does not fit the inputs.</exception>
    public Model CreateModel() => CreateMethod().Adaptation.NeedsHead ? CreateBody().WithOutputs(Outputs) : CreateBody();

    private Model CreateBody() =>
        Networks.Create(
            Network ?? (InputShape.Count == 3 ? "conv4" : "mlp"),
            new Shape([.. InputShape]),
            new NetworkOptions { Channels = Channels, Hidden = Hidden }
        );

    /// <summary>Whether all values are equal, lists by their elements.</summary>
    /// <param name="other">The specification to compare with.</param>
    /// <returns>True where all values are equal.</returns>
    public bool Equals(LearnerSpecification? other) => other is not null && JsonNode.DeepEquals(ToJson(), other.ToJson());

    /// <inheritdoc/>
    public override int GetHashCode() => ToJson().ToJsonString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The specification as JSON.</summary>
    /// <exception cref="ArgumentException">The preparation has no registered name.</exception>
    public JsonObject ToJson()
    {
        try
        {
            return JsonSerializer.SerializeToNode(this, PartRegistry.TypeOf<LearnerSpecification>(LearnerJson.Default))!.AsObject();
        }
        catch (NotSupportedException error)
        {
            throw PartRegistry.Unwritable(error);
        }
    }

    /// <summary>Reads a specification, and checks that its method, network and preparation exist and fit each other.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="path">The file it came from, for the error.</param>
    /// <exception cref="StorageException">It is not one; the message says which setting is wrong.</exception>
    public static LearnerSpecification FromJson(JsonNode? json, string path)
    {
        LearnerSpecification specification = StoredJson.Read(
            json,
            PartRegistry.TypeOf<LearnerSpecification>(LearnerJson.Default),
            s_defaults,
            path,
            Subject
        );
        try
        {
            _ = specification.ToDefinition().Checked(path);
            return specification;
        }
        catch (ArgumentException error)
        {
            throw StoredJson.Fault(path, Subject, error);
        }
    }

    private const string Subject = "what its learner is";

    // A description that does not speak of statistics is of a time when they were those of the queries.
    private static readonly LearnerSpecification s_defaults = new()
    {
        Method = "",
        InputShape = [],
        Outputs = 0,
        NormStatistics = NormStatistics.Query,
    };
}
