using System.Collections;
using FewShot.Compute.Graphs;

namespace FewShot.Models;

/// <summary>An ordered set of named tensors of one graph: a model's parameters, or what adaptation leaves. Immutable.</summary>
public sealed class TensorMap : IReadOnlyCollection<KeyValuePair<string, Tensor>>
{
    private readonly OrderedDictionary<string, Tensor> _tensors;

    /// <summary>A map of the given entries, in their order.</summary>
    public TensorMap(params IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        _tensors = new OrderedDictionary<string, Tensor>();
        foreach ((string name, Tensor tensor) in tensors)
        {
            _tensors.Add(name, tensor);
        }
    }

    /// <summary>Number of tensors.</summary>
    public int Count => _tensors.Count;

    /// <summary>Names in order.</summary>
    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>Tensors in order.</summary>
    public IEnumerable<Tensor> Tensors => _tensors.Values;

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Tensor this[string name] =>
        _tensors.TryGetValue(name, out Tensor? tensor)
            ? tensor
            : throw new KeyNotFoundException($"no tensor '{name}'; there are: {string.Join(", ", _tensors.Keys)}");

    /// <summary>Whether there is a tensor of a name.</summary>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>The same map with some entries replaced and new ones appended.</summary>
    public TensorMap With(IEnumerable<KeyValuePair<string, Tensor>> changes)
    {
        var result = new TensorMap(this);
        foreach ((string name, Tensor tensor) in changes)
        {
            result._tensors[name] = tensor;
        }

        return result;
    }

    /// <summary>The entries whose name passes a test.</summary>
    public TensorMap Where(Func<string, bool> keep) => new(_tensors.Where(pair => keep(pair.Key)));

    /// <summary>The same names with every tensor transformed.</summary>
    public TensorMap Select(Func<string, Tensor, Tensor> transform) =>
        new(_tensors.Select(pair => KeyValuePair.Create(pair.Key, transform(pair.Key, pair.Value))));

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
