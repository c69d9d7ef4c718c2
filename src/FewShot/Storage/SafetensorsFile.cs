namespace FewShot.Storage;

/// <summary>What a safetensors file holds.</summary>
public sealed class SafetensorsFile
{
    private readonly Dictionary<string, StoredTensor> _byName;

    internal SafetensorsFile(string path, IReadOnlyList<StoredTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        Tensors = tensors;
        Metadata = metadata;
        _byName = tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the file.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The text stored beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor called <paramref name="name"/>.</summary>
    /// <exception cref="StorageException">There is none of that name.</exception>
    public StoredTensor this[string name] =>
        _byName.TryGetValue(name, out StoredTensor? tensor)
            ? tensor
            : throw new StorageException($"'{Path}' has no tensor '{name}'; it holds {Names()}");

    /// <summary>The metadata called <paramref name="key"/>.</summary>
    /// <exception cref="StorageException">There is none of that name.</exception>
    public string RequiredMetadata(string key) =>
        Metadata.TryGetValue(key, out string? value)
            ? value
            : throw new StorageException(
                $"'{Path}' has no metadata '{key}'; it was not written by this version of FewShot, or by another program"
            );

    private string Names()
    {
        const int shown = 8;
        string names = string.Join(", ", Tensors.Take(shown).Select(tensor => tensor.Name));
        return Tensors.Count switch
        {
            0 => "no tensor",
            > shown => $"{names} and {Tensors.Count - shown} more",
            _ => names,
        };
    }
}
