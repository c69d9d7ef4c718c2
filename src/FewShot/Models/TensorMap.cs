using System.Collections;
using FewShot.Compute.Graphs;

namespace FewShot.Models;

/// <summary>An ordered set of named tensors of one graph: a model's parameters, or what adaptation leaves. Immutable.</summary>
public sealed class TensorMap : IReadOnlyCollection<KeyValuePair<string, Tensor>>
{
    private readonly OrderedDictionary<string, Tensor> _tensors;

    /// <summary>Makes a map of the given entries, in their order.</summary>
    /// <param name="tensors">The names with their tensors; a name occurs once.</param>
    public TensorMap(params IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        _tensors = new OrderedDictionary<string, Tensor>();
        foreach ((string name, Tensor tensor) in tensors)
        {
            _tensors.Add(name, tensor);
        }
    }

    /// <summary>The number of tensors.</summary>
    public int Count => _tensors.Count;

    /// <summary>The names in their order.</summary>
    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>The tensors in their order.</summary>
    public IEnumerable<Tensor> Tensors => _tensors.Values;

    /// <summary>The tensor of a name.</summary>
    /// <param name="name">The name of the tensor.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name] =>
        _tensors.TryGetValue(name, out Tensor? tensor)
            ? tensor
            : throw new KeyNotFoundException($"no tensor '{name}'; there are: {string.Join(", ", _tensors.Keys)}");

    /// <summary>Whether there is a tensor of a name.</summary>
    /// <param name="name">The name that is looked for.</param>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>A map with some entries replaced and new ones appended.</summary>
    /// <param name="changes">The entries to replace or append.</param>
    public TensorMap With(IEnumerable<KeyValuePair<string, Tensor>> changes)
    {
        var result = new TensorMap(this);
        foreach ((string name, Tensor tensor) in changes)
        {
            result._tensors[name] = tensor;
        }

        return result;
    }

    /// <summary>A map of the entries whose name passes a test.</summary>
    /// <param name="keep">The test of a name.</param>
    public TensorMap Where(Func<string, bool> keep) => new(_tensors.Where(pair => keep(pair.Key)));

    /// <summary>A map of the same names with every tensor transformed.</summary>
    /// <param name="transform">Gives the new tensor for a name and its tensor.</param>
    public TensorMap Select(Func<string, Tensor, Tensor> transform) =>
        new(_tensors.Select(pair => KeyValuePair.Create(pair.Key, transform(pair.Key, pair.Value))));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
