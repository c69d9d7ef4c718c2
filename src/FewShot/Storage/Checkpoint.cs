using System.Globalization;

namespace FewShot.Storage;

/// <summary>
/// Everything needed to go on from one iteration as if training had never stopped: the weights, the state of the optimiser, and text such
/// as the position of the episode stream and the seed. Weights and state live in ONE file, so a pair that does not belong together cannot
/// exist.
/// </summary>
/// <param name="Iteration">The number of outer iterations done.</param>
/// <param name="Weights">The meta-parameters under their own names, as Python would look for them.</param>
/// <param name="State">The optimiser's tensors; in the file their names begin with <c>state/</c>.</param>
/// <param name="Metadata">Text that is stored beside them. The key <c>iteration</c> is taken.</param>
public sealed record Checkpoint(
    long Iteration,
    IReadOnlyList<StoredTensor> Weights,
    IReadOnlyList<StoredTensor> State,
    IReadOnlyDictionary<string, string> Metadata
)
{
    private const string StatePrefix = "state/";
    private const string IterationKey = "iteration";

    /// <summary>Writes the checkpoint atomically.</summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="StorageException">It cannot be written; the previous version is untouched.</exception>
    public void Write(string path)
    {
        if (Weights.FirstOrDefault(tensor => tensor.Name.StartsWith(StatePrefix, StringComparison.Ordinal)) is { } misnamed)
        {
            throw new ArgumentException(
                $"the weight '{misnamed.Name}' may not begin with '{StatePrefix}', which marks the optimiser's tensors"
            );
        }

        if (Metadata.ContainsKey(IterationKey))
        {
            throw new ArgumentException($"the metadata key '{IterationKey}' is written from the checkpoint's own iteration; leave it out");
        }

        var metadata = new Dictionary<string, string>(Metadata) { [IterationKey] = Iteration.ToString(CultureInfo.InvariantCulture) };
        Safetensors.Write(path, [.. Weights, .. State.Select(tensor => tensor.Renamed(StatePrefix + tensor.Name))], metadata);
    }

    /// <summary>Reads a checkpoint; a file of weights alone gives one without state.</summary>
    /// <param name="path">The file to read.</param>
    /// <exception cref="StorageException">It is missing, damaged or no checkpoint.</exception>
    public static Checkpoint Read(string path)
    {
        SafetensorsFile file = Safetensors.Read(path);
        if (file.Metadata.ContainsKey("adapted_learner"))
        {
            throw new StorageException($"'{path}' is a model adapted to one task, not a learner; load it as an adapted model");
        }

        string text = file.RequiredMetadata(IterationKey);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long iteration))
        {
            throw new StorageException($"'{path}' has the iteration '{text}', which is not a whole number; copy the file again");
        }

        var metadata = file.Metadata.Where(pair => pair.Key != IterationKey).ToDictionary();
        ILookup<bool, StoredTensor> isState = file.Tensors.ToLookup(tensor =>
            tensor.Name.StartsWith(StatePrefix, StringComparison.Ordinal)
        );
        return new Checkpoint(
            iteration,
            [.. isState[false]],
            [.. isState[true].Select(tensor => tensor.Renamed(tensor.Name[StatePrefix.Length..]))],
            metadata
        );
    }
}
