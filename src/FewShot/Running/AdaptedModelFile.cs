using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Storage;

namespace FewShot.Running;

/// <summary>
/// An adapted model as a file. The self-contained form holds the learner's weights and says which tensors adaptation changed; the small one
/// holds these alone. Both carry a hash of the learner's weights; files of earlier versions do not, and do not tell changed tensors from
/// others.
/// </summary>
/// <param name="Definition">What the learner is.</param>
/// <param name="Tensors">All tensors that the file holds.</param>
/// <param name="Changed">The names of the tensors that adaptation changed; null where the file does not say.</param>
/// <param name="WeightsHash">The hash of the learner's weights; null where the file does not say.</param>
/// <param name="Ways">The classes of the task, or the values of a regression.</param>
/// <param name="Outputs">The width of the network's answer.</param>
/// <param name="ClassNames">The names of the classes; null where none were given.</param>
internal sealed record AdaptedModelFile(
    LearnerDefinition Definition,
    IReadOnlyList<StoredTensor> Tensors,
    IReadOnlyList<string>? Changed,
    string? WeightsHash,
    int Ways,
    int Outputs,
    IReadOnlyList<string>? ClassNames
)
{
    private const string LearnerKey = "adapted_learner";
    private const string WaysKey = "ways";
    private const string OutputsKey = "outputs";
    private const string ClassNamesKey = "class_names";
    private const string HashKey = "learner_weights_sha256";
    private const string ChangedKey = "changed";

    /// <summary>Whether the file holds only what adaptation changed.</summary>
    public bool NeedsLearner => WeightsHash is not null && Changed is null;

    /// <summary>Reads the file of an adapted model.</summary>
    /// <exception cref="StorageException">It is missing, damaged or something else.</exception>
    public static AdaptedModelFile Read(string path)
    {
        SafetensorsFile file = Safetensors.Read(path);
        if (file.Metadata.ContainsKey("learner"))
        {
            throw new StorageException($"'{path}' is a learner, not a model adapted to a task; load it as a learner and adapt it");
        }

        LearnerDefinition definition = LearnerDefinition.FromJson(file.RequiredMetadata(LearnerKey), path);
        if (file.Tensors.FirstOrDefault(tensor => tensor.Element != StoredElement.Float32) is { } other)
        {
            throw NotAModel(path, $"'{other.Name}' is {other.Element}, not {StoredElement.Float32}");
        }

        foreach (StoredTensor tensor in file.Tensors)
        {
            StoredParameters.RequireFinite(tensor, path);
        }

        IReadOnlyList<string>? changed = Names(file, ChangedKey, "what adaptation changed");
        return changed?.Except(file.Tensors.Select(tensor => tensor.Name)).FirstOrDefault() is { } missing
            ? throw NotAModel(path, $"it lacks '{missing}'")
            : new AdaptedModelFile(
                definition,
                file.Tensors,
                changed,
                file.Metadata.GetValueOrDefault(HashKey),
                Count(file, WaysKey),
                Count(file, OutputsKey),
                Names(file, ClassNamesKey, "what its classes are called")
            );
    }

    /// <summary>Writes the model to a file.</summary>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    public void Write(string path)
    {
        var metadata = new Dictionary<string, string>
        {
            [LearnerKey] = Definition.ToJson().ToJsonString(),
            [WaysKey] = Ways.ToString(CultureInfo.InvariantCulture),
            [OutputsKey] = Outputs.ToString(CultureInfo.InvariantCulture),
        };
        Add(ClassNamesKey, List(ClassNames));
        Add(ChangedKey, List(Changed));
        Add(HashKey, WeightsHash);
        Safetensors.Write(path, Tensors, metadata);

        void Add(string key, string? text)
        {
            if (text is not null)
            {
                metadata[key] = text;
            }
        }
    }

    /// <summary>The programs and the state of a model that stands for itself.</summary>
    /// <exception cref="StorageException">It needs its learner.</exception>
    public (AdaptationPrograms Programs, TaskState State) Alone(string path)
    {
        if (NeedsLearner)
        {
            throw new StorageException(
                $"'{path}' holds only what adaptation changed; load it together with its learner, or save the model self-contained"
            );
        }

        TaskPrograms graphs = TaskPrograms.Of(Definition);
        IEnumerable<string> needed = Changed is null ? [] : graphs.Method.MetaParameters(graphs.Model).Select(parameter => parameter.Name);
        if (needed.Except(Tensors.Select(tensor => tensor.Name)).FirstOrDefault() is { } missing)
        {
            throw NotAModel(path, $"it lacks '{missing}'");
        }

        ILookup<bool, StoredTensor> tensors = Tensors.ToLookup(tensor => Changed is null || Changed.Contains(tensor.Name));
        Weight[] weights = [.. tensors[false].Select(tensor => new Weight(tensor.Name, new Shape([.. tensor.Shape]), tensor.Float32))];
        return (new AdaptationPrograms(Definition, graphs, weights, new Lazy<string?>(WeightsHash)), new TaskState([.. tensors[true]]));
    }

    /// <summary>
    /// The programs and the state of a model that shares what its learner has: all, or the weights alone where it was adapted under other
    /// settings, such as a pattern.
    /// </summary>
    /// <exception cref="StorageException">It is of another learner.</exception>
    public (AdaptationPrograms Programs, TaskState State) With(AdaptationPrograms learner, string path)
    {
        bool isAlike = Definition.Equals(learner.Definition);
        if (WeightsHash is { } hash ? hash != learner.WeightsHash : !isAlike)
        {
            string[] differences =
            [
                .. ConfigurationDifference
                    .Between(Definition.ToJson(), learner.Definition.ToJson())
                    .Select(difference =>
                        IsShort(difference.Stored) && IsShort(difference.Given)
                            ? $"{difference.Key} is {difference.Stored ?? "not set"} in the file and {difference.Given ?? "not set"} "
                                + "in the "
                                + "learner"
                            : $"{difference.Key} is another in the file than in the learner"
                    ),
            ];
            throw new StorageException(
                $"'{path}' was adapted by another learner: {(isAlike ? "its weights are others" : string.Join(", ", differences))}; "
                    + $"load it with its own{(NeedsLearner ? "" : ", or by itself")}"
            );
        }

        // A file that does not say what adaptation changed holds the learner's weights bit by bit where it changed nothing.
        Dictionary<string, Weight> weights = learner.Weights.ToDictionary(weight => weight.Name);
        var state = new TaskState([
            .. Tensors.Where(tensor =>
                NeedsLearner
                || (
                    Changed?.Contains(tensor.Name)
                    ?? !(weights.TryGetValue(tensor.Name, out Weight weight) && weight.Values.Span.SequenceEqual(tensor.Float32))
                )
            ),
        ]);
        return (isAlike ? learner : learner.Under(Definition), state);
    }

    // The layers of a network would fill the screen.
    private static bool IsShort(string? value) => value is not { Length: > 60 };

    /// <summary>The error of a file whose contents do not fit each other.</summary>
    public static StorageException NotAModel(string path, string fault, Exception? inner = null) =>
        new($"'{path}' is no adapted model of its learner: {fault}; adapt and save it again", inner);

    private static int Count(SafetensorsFile file, string key) =>
        int.TryParse(file.RequiredMetadata(key), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw NotAModel(file.Path, $"'{key}' is '{file.RequiredMetadata(key)}', not a number");

    private static string? List(IReadOnlyList<string>? names) =>
        names is null ? null : new JsonArray([.. names.Select(name => (JsonNode)name)]).ToJsonString();

    private static string[]? Names(SafetensorsFile file, string key, string subject) =>
        !file.Metadata.TryGetValue(key, out string? json) ? null
        : StoredJson.Parse(Encoding.UTF8.GetBytes(json), file.Path, subject) is JsonArray list
        && list.All(name => name is JsonValue value && value.GetValueKind() == JsonValueKind.String)
            ? [.. list.Select(name => (string)name!)]
        : throw StoredJson.Fault(file.Path, subject, $"'{key}' is not a list of names");
}
