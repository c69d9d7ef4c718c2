namespace FewShot.Compute.Operations;

/// <summary>Walks a row-major index space while keeping the offset of a tensor with other strides.</summary>
internal ref struct IndexWalk(ReadOnlySpan<int> extents, ReadOnlySpan<int> strides)
{
    private readonly ReadOnlySpan<int> _extents = extents;
    private readonly ReadOnlySpan<int> _strides = strides;
    private readonly int[] _index = new int[extents.Length];

    public int Offset { get; private set; }

    public void Next()
    {
        for (int axis = _index.Length - 1; axis >= 0; axis--)
        {
            Offset += _strides[axis];
            if (++_index[axis] < _extents[axis])
            {
                return;
            }

            Offset -= _strides[axis] * _extents[axis];
            _index[axis] = 0;
        }
    }
}
