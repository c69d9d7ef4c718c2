namespace FewShot.Compute.Graphs;

/// <summary>The extents of a tensor, outermost first; row-major. An empty shape is a scalar. Immutable, compared by value.</summary>
public sealed class Shape : IEquatable<Shape>
{
    private readonly int[] _extents;

    /// <summary>The shape of a scalar: no axes, one element.</summary>
    public static Shape Scalar { get; } = new();

    /// <summary>Makes a shape of the given extents.</summary>
    /// <param name="extents">The extents, outermost first; each at least 1.</param>
    /// <exception cref="ShapeException">An extent is not positive.</exception>
    public Shape(params ReadOnlySpan<int> extents)
    {
        _extents = extents.ToArray();
        long count = 1;
        foreach (int extent in _extents)
        {
            if (extent <= 0)
            {
                throw new ShapeException($"a shape's extents must be positive, got [{string.Join(", ", _extents)}]");
            }

            count *= extent;
            if (count > int.MaxValue)
            {
                throw new ShapeException(
                    $"shape [{string.Join(", ", _extents)}] has more than the {int.MaxValue} elements a tensor holds at most"
                );
            }
        }

        Count = (int)count;
    }

    /// <summary>The number of axes.</summary>
    public int Rank => _extents.Length;

    /// <summary>The number of elements.</summary>
    public int Count { get; }

    /// <summary>The extent of an axis; negative axes count from the end.</summary>
    /// <param name="axis">The axis, from 0 or, negative, from the end.</param>
    public int this[int axis] => _extents[axis < 0 ? axis + _extents.Length : axis];

    /// <summary>The extents, outermost first.</summary>
    public ReadOnlySpan<int> Extents => _extents;

    /// <summary>Row-major strides in elements.</summary>
    internal int[] Strides()
    {
        int[] strides = new int[Rank];
        int stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= _extents[axis];
        }

        return strides;
    }

    /// <summary>The shape with one extent replaced.</summary>
    internal Shape With(int axis, int extent)
    {
        int[] extents = (int[])_extents.Clone();
        extents[axis < 0 ? axis + Rank : axis] = extent;
        return new Shape(extents);
    }

    /// <summary>The shape two operands broadcast to (trailing axes aligned, extents equal or 1), or null when they do not.</summary>
    internal static Shape? Broadcast(Shape a, Shape b)
    {
        int[] extents = new int[Math.Max(a.Rank, b.Rank)];
        for (int i = 1; i <= extents.Length; i++)
        {
            int x = i <= a.Rank ? a[-i] : 1;
            int y = i <= b.Rank ? b[-i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                return null;
            }

            extents[^i] = Math.Max(x, y);
        }

        return new Shape(extents);
    }

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && _extents.AsSpan().SequenceEqual(other._extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int extent in _extents)
        {
            hash.Add(extent);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same extents.</summary>
    /// <param name="a">One of the shapes.</param>
    /// <param name="b">The other one of the shapes.</param>
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);

    /// <summary>Whether two shapes have different extents.</summary>
    /// <param name="a">One of the shapes.</param>
    /// <param name="b">The other one of the shapes.</param>
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);

    /// <summary>The extents in brackets: <c>[5, 28, 28, 1]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _extents)}]";
}

/// <summary>Shapes do not fit an operation. Thrown while tracing, on the line of the caller's code that made the operation.</summary>
/// <param name="message">The operation and the shapes that do not fit it.</param>
public sealed class ShapeException(string message) : ArgumentException(message);
