using System.Runtime.InteropServices;

namespace FewShot.Storage;

/// <summary>The element type of a tensor in a file.</summary>
public enum StoredElement
{
    /// <summary>IEEE single precision, <c>F32</c> in a safetensors file.</summary>
    Float32,

    /// <summary>IEEE double precision, <c>F64</c> in a safetensors file.</summary>
    Float64,

    /// <summary>Signed 64-bit integer, <c>I64</c> in a safetensors file.</summary>
    Int64,
}

/// <summary>
/// A named array of numbers as a file holds it: a name, a shape and the values in row-major order. It refers to the array it was made from
/// and does not copy it.
/// </summary>
public sealed class StoredTensor
{
    private readonly Array _values;

    /// <summary>Names single-precision values.</summary>
    /// <param name="name">The name, for example <c>block1.conv.weight</c>.</param>
    /// <param name="shape">The extent of each dimension; empty for a single number.</param>
    /// <param name="values">The values in row-major order.</param>
    /// <exception cref="ArgumentException">The shape is negative somewhere or does not hold as many values as there are.</exception>
    public StoredTensor(string name, IReadOnlyList<int> shape, float[] values)
        : this(name, shape, StoredElement.Float32, values) { }

    /// <summary>Names double-precision values.</summary>
    /// <inheritdoc cref="StoredTensor(string, IReadOnlyList{int}, float[])"/>
    public StoredTensor(string name, IReadOnlyList<int> shape, double[] values)
        : this(name, shape, StoredElement.Float64, values) { }

    /// <summary>Names 64-bit integers.</summary>
    /// <inheritdoc cref="StoredTensor(string, IReadOnlyList{int}, float[])"/>
    public StoredTensor(string name, IReadOnlyList<int> shape, long[] values)
        : this(name, shape, StoredElement.Int64, values) { }

    private StoredTensor(string name, IReadOnlyList<int> shape, StoredElement element, Array values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        long expected = shape.Aggregate(
            1L,
            (product, extent) =>
                extent >= 0
                    ? checked(product * extent)
                    : throw new ArgumentException(
                        $"tensor '{name}' has the negative extent {extent} in its shape [{string.Join(", ", shape)}]",
                        nameof(shape)
                    )
        );
        if (expected != values.LongLength)
        {
            throw new ArgumentException(
                $"tensor '{name}' of shape [{string.Join(", ", shape)}] holds {expected} values, but {values.LongLength} were given",
                nameof(values)
            );
        }

        Name = name;
        Shape = [.. shape];
        Element = element;
        this._values = values;
    }

    /// <summary>The name of the tensor.</summary>
    public string Name { get; }

    /// <summary>The extent of each dimension, slowest first; empty for a single number.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The type of every value.</summary>
    public StoredElement Element { get; }

    /// <summary>The number of values.</summary>
    public int Count => _values.Length;

    /// <summary>The values, when they are single precision.</summary>
    /// <exception cref="InvalidOperationException">They are of another type.</exception>
    public float[] Float32 => Values<float>();

    /// <summary>The values, when they are double precision.</summary>
    /// <inheritdoc cref="Float32" path="/exception"/>
    public double[] Float64 => Values<double>();

    /// <summary>The values, when they are 64-bit integers.</summary>
    /// <inheritdoc cref="Float32" path="/exception"/>
    public long[] Int64 => Values<long>();

    /// <summary>The tensor of the same values under another name.</summary>
    internal StoredTensor Renamed(string name) => new(name, Shape, Element, _values);

    /// <summary>The bytes of the values, little-endian on every machine .NET 10 is supported on.</summary>
    internal Span<byte> Bytes =>
        Element switch
        {
            StoredElement.Float32 => MemoryMarshal.AsBytes(Float32.AsSpan()),
            StoredElement.Float64 => MemoryMarshal.AsBytes(Float64.AsSpan()),
            _ => MemoryMarshal.AsBytes(Int64.AsSpan()),
        };

    private T[] Values<T>() =>
        _values as T[]
        ?? throw new InvalidOperationException($"tensor '{Name}' holds {Element} values, not {typeof(T).Name}; look at Element first");
}
