using System.Text.Json;
using System.Text.Json.Nodes;
using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>
/// What a learner is, apart from its weights: a method and a network, both composed of parts, and how tasks are put to it. It is trained,
/// evaluated, checked, planned, searched for patterns, saved and loaded whatever its parts are, a stranger's included; files name each part
/// by what <see cref="PartRegistry"/> knows it as. Immutable.
/// </summary>
/// <example>
/// <code>
/// ITaskSource tasks = TaskSources.Open("glyphs", root: null, new TaskOptions { Ways = 5, Shots = 1 });
/// var definition = new LearnerDefinition(Methods.Maml(innerSteps: 5), Networks.Conv4(tasks.Shape, channels: 32));
/// </code>
/// </example>
public sealed record LearnerDefinition
{
    private const string Subject = "what its learner is";

    // A preparation that no one had registered when the file was read: who adapts to prepared numbers does not need it.
    private (JsonObject Json, string Path)? _unread;

    /// <summary>Composes a learner.</summary>
    /// <param name="method">How the learner adapts and how it is trained.</param>
    /// <param name="network">
    /// The network, with a head for as many outputs as the tasks have; the head is left out where the method needs none.
    /// </param>
    /// <param name="kind">What the tasks ask for; classification by default.</param>
    public LearnerDefinition(Method method, Model network, TaskKind kind = TaskKind.Classification)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(network);
        Method = method;
        Outputs = network.Outputs;
        Network = method.Adaptation.NeedsHead ? network : network.WithOutputs(0);
        Kind = kind;
    }

    /// <summary>How the learner adapts and how it is trained.</summary>
    public Method Method { get; init; }

    /// <summary>The network, with a head where the method adapts one.</summary>
    public Model Network { get; init; }

    /// <summary>What the tasks ask for.</summary>
    /// <value>Classification by default.</value>
    public TaskKind Kind { get; init; }

    /// <summary>
    /// Classes of the tasks that the learner is trained on, or values of a regression; 0 where a network without a head did not say.
    /// </summary>
    public int Outputs { get; init; }

    /// <summary>Where normalisation takes its statistics from.</summary>
    /// <value>The support set by default, so that each query is answered for itself.</value>
    public NormStatistics NormStatistics { get; init; } = NormStatistics.Support;

    /// <summary>The loss of training and of the inner loop.</summary>
    /// <value>Null by default, for that of the kind of the tasks: mean cross-entropy or mean squared error.</value>
    public TaskLoss? Loss { get; init; }

    /// <summary>
    /// Queries of each task the learner was trained on, all classes together: how many answers were asked for at once where it was
    /// measured.
    /// </summary>
    /// <value>Null by default, where that is not known; training fills it in.</value>
    public int? QueryCount
    {
        get;
        init => field = value is < 1 ? throw new ArgumentException($"QueryCount is {value}, but a task has at least 1 query") : value;
    }

    /// <summary>How files of a user become examples of the learner.</summary>
    /// <value>Null by default, where only prepared numbers are known.</value>
    /// <exception cref="StorageException">
    /// The learner was read from a file that names a preparation which no one registered in this program, see <see cref="PartRegistry"/>.
    /// </exception>
    public InputPreparation? Preparation
    {
        get => field ?? (_unread is null ? null : ReadPreparation(_unread.Value.Json, _unread.Value.Path));
        init;
    }

    /// <summary>Gives the learner another pattern, so that its adaptation changes other layers.</summary>
    /// <param name="pattern">Which layers change at which inner step.</param>
    /// <exception cref="ArgumentException">No pattern applies to its adaptation.</exception>
    public LearnerDefinition Under(Pattern pattern)
    {
        try
        {
            return this with { Method = Method with { Adaptation = Method.Adaptation.Under(pattern) } };
        }
        catch (ArgumentException)
        {
            throw new ArgumentException($"method {Method.Name} has no layers that change one by one: a pattern does not apply to it");
        }
    }

    /// <summary>Whether all parts and settings are equal.</summary>
    /// <param name="other">The definition to compare with.</param>
    /// <returns>True where both are the same learner but for the weights.</returns>
    public bool Equals(LearnerDefinition? other) =>
        other is not null && (ReferenceEquals(this, other) || JsonNode.DeepEquals(ToJson(), other.ToJson()));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Method.Name, Network.Name, Kind, NormStatistics);

    /// <summary>The definition as JSON.</summary>
    /// <exception cref="ArgumentException">A part has no registered name.</exception>
    public JsonObject ToJson()
    {
        try
        {
            JsonObject json = JsonSerializer
                .SerializeToNode(LearnerDocument.Of(this with { _unread = null }), LearnerDocument.Type)!
                .AsObject();
            if (_unread is { } unread)
            {
                json["preparation"] = unread.Json.DeepClone();
            }

            return json;
        }
        catch (NotSupportedException error)
        {
            throw PartRegistry.Unwritable(error);
        }
    }

    /// <summary>Reads a definition, and checks that its parts are registered and fit each other.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave, or what <see cref="LearnerSpecification.ToJson"/> did.</param>
    /// <param name="path">The file it came from, for the error.</param>
    /// <exception cref="StorageException">
    /// It is not one, the message says which setting is wrong; or a part is not registered, the message says which and how.
    /// </exception>
    public static LearnerDefinition FromJson(JsonNode? json, string path)
    {
        BuiltInParts.Register();
        (json, JsonObject? unread) = SetAside(json);

        // Files of before there were parts name a row of the catalogue and its settings.
        LearnerDefinition definition =
            json is JsonObject given && given["method"] is not JsonObject
                ? LearnerSpecification.FromJson(given, path).ToDefinition()
                : FromDocument(json, path);
        return unread is null ? definition : definition with { _unread = (unread, path) };
    }

    /// <summary>Reads a definition from text.</summary>
    /// <exception cref="StorageException">It is not one; the message says which setting is wrong.</exception>
    internal static LearnerDefinition FromJson(string json, string path) => FromJson(StoredJson.ParseObject(json, path, Subject), path);

    /// <summary>Takes a preparation that no one registered out of a description.</summary>
    internal static (JsonNode? Json, JsonObject? Unread) SetAside(JsonNode? json)
    {
        if (
            json is not JsonObject given
            || given["preparation"] is not JsonObject preparation
            || PartRegistry.Unregistered(preparation) is null
        )
        {
            return (json, null);
        }

        JsonNode rest = given.DeepClone();
        rest["preparation"] = null;
        return (rest, preparation);
    }

    /// <summary>Checks what a file says, computing shapes alone: a forged size is found before anything is allocated.</summary>
    internal LearnerDefinition Checked(string path)
    {
        try
        {
            _ = ParameterSet.CountOf(Method.MetaParameters(Network));
            return Preparation?.Incompatibility(Network.Input) is { } fault
                ? throw StoredJson.Fault(path, Subject, $"'preparation' {fault}")
                : this;
        }
        catch (ArgumentException error)
        {
            throw StoredJson.Fault(path, Subject, error);
        }
    }

    private static LearnerDefinition FromDocument(JsonNode? json, string path)
    {
        if (PartRegistry.Unregistered(json) is { } missing)
        {
            throw new StorageException($"'{path}' does not say {Subject}: {missing}");
        }

        LearnerDocument document = StoredJson.Read(json, LearnerDocument.Type, LearnerDocument.Defaults, path, Subject);
        try
        {
            return document.ToDefinition().Checked(path);
        }
        catch (ArgumentException error)
        {
            throw StoredJson.Fault(path, Subject, error);
        }
    }

    private InputPreparation ReadPreparation(JsonObject json, string path)
    {
        if (PartRegistry.Unregistered(json) is { } missing)
        {
            throw new StorageException($"'{path}' does not say how files become inputs: {missing}");
        }

        JsonObject whole = (this with { _unread = null }).ToJson();
        whole["preparation"] = json.DeepClone();
        return FromJson(whole, path).Preparation!;
    }
}
