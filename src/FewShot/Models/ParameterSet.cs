using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;

namespace FewShot.Models;

/// <summary>
/// Values of named parameters, in order, in one contiguous buffer: what is trained, saved, loaded and given to programs. Not thread-safe
/// for writing.
/// </summary>
public sealed class ParameterSet
{
    private readonly Dictionary<string, (int Index, int Start)> _places = [];

    /// <summary>Makes zeros for the given parameters.</summary>
    /// <param name="specifications">The parameters, in order.</param>
    /// <exception cref="ArgumentException">Two have one name, or all together are more than an array holds.</exception>
    public ParameterSet(params IEnumerable<ParameterSpecification> specifications)
    {
        Specifications = [.. specifications];
        int count = CountOf(Specifications);
        int start = 0;
        for (int i = 0; i < Specifications.Count; i++)
        {
            if (!_places.TryAdd(Specifications[i].Name, (i, start)))
            {
                throw new ArgumentException($"two parameters are named '{Specifications[i].Name}'");
            }

            start += Specifications[i].Shape.Count;
        }

        Values = new float[count];
    }

    /// <summary>How many numbers parameters have together.</summary>
    /// <exception cref="ShapeException">They are more than an array holds.</exception>
    internal static int CountOf(IEnumerable<ParameterSpecification> specifications)
    {
        long count = specifications.Sum(specification => (long)specification.Shape.Count);
        return count <= Array.MaxLength
            ? (int)count
            : throw new ShapeException($"{count} parameters are more than the {Array.MaxLength} that one array holds");
    }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<ParameterSpecification> Specifications { get; }

    /// <summary>All values, one parameter after another.</summary>
    public float[] Values { get; }

    /// <summary>The values of one parameter, row-major.</summary>
    /// <param name="name">The name of the parameter.</param>
    /// <exception cref="KeyNotFoundException">There is none of the name.</exception>
    public Span<float> this[string name] =>
        _places.TryGetValue(name, out (int Index, int Start) place)
            ? Values.AsSpan(place.Start, Specifications[place.Index].Shape.Count)
            : throw new KeyNotFoundException($"there is no parameter '{name}'; there are: {string.Join(", ", _places.Keys)}");

    /// <summary>Whether there is a parameter of a name.</summary>
    /// <param name="name">The name that is looked for.</param>
    public bool Contains(string name) => _places.ContainsKey(name);

    /// <summary>Draws first values: a pure function of the seed and the parameters' order.</summary>
    /// <param name="specifications">The parameters, in order.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    public static ParameterSet Initialize(IEnumerable<ParameterSpecification> specifications, ulong seed)
    {
        var set = new ParameterSet(specifications);
        for (int i = 0; i < set.Specifications.Count; i++)
        {
            ParameterSpecification specification = set.Specifications[i];
            var random = new CounterRandom(seed, InitializationStream, (ulong)i);
            specification.Initializer.Fill(set[specification.Name], specification.Shape, ref random);
        }

        return set;
    }

    /// <summary>Declares every parameter as an input of a graph, by its name.</summary>
    internal static TensorMap Declare(Graph graph, IEnumerable<ParameterSpecification> specifications) =>
        new(
            specifications.Select(specification =>
                KeyValuePair.Create(specification.Name, graph.Input(specification.Name, specification.Shape))
            )
        );

    /// <summary>The stream of random numbers of initialisation, apart from those of the episodes.</summary>
    private const uint InitializationStream = 0x494e4954;
}
