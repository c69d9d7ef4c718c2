using System.Collections;

namespace FewShot.Compute.Operations;

/// <summary>A list of axes or sizes compared by value, so that operations holding one are.</summary>
internal sealed class AxisList(int[] axes) : IReadOnlyList<int>, IEquatable<AxisList>
{
    public int Count => axes.Length;

    public int this[int index] => axes[index];

    public bool Equals(AxisList? other) => other is not null && this.SequenceEqual(other);

    public override bool Equals(object? obj) => Equals(obj as AxisList);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int axis in axes)
        {
            hash.Add(axis);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)axes).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"({string.Join(", ", axes)})";
}
