namespace FewShot.Compute.Execution.Steps;

/// <summary>
/// Nested loops over a dense tensor beside one with other strides: axes that both walk through without a jump are one loop. The innermost
/// loop is a run.
/// </summary>
internal sealed class StridedLoops
{
    public const int MaximumDepth = 16;

    private readonly int[] _extents;
    private readonly nint[] _strides;

    /// <summary>Merges axes that both tensors walk through without a jump.</summary>
    /// <param name="extents">The extents of the dense tensor.</param>
    /// <param name="strides">For each of its axes the stride of the other tensor.</param>
    public StridedLoops(ReadOnlySpan<int> extents, ReadOnlySpan<int> strides)
    {
        var loops = new List<(int Extent, nint Stride)>();
        for (int axis = 0; axis < extents.Length; axis++)
        {
            if (extents[axis] == 1)
            {
                continue;
            }

            if (loops.Count > 0 && loops[^1].Stride == (nint)strides[axis] * extents[axis])
            {
                loops[^1] = (loops[^1].Extent * extents[axis], strides[axis]);
            }
            else
            {
                loops.Add((extents[axis], strides[axis]));
            }
        }

        if (loops.Count == 0)
        {
            loops.Add((1, 1));
        }

        if (loops.Count > MaximumDepth)
        {
            throw new NotSupportedException(
                $"a tensor of extents [{string.Join(", ", extents.ToArray())}] needs more than {MaximumDepth} nested loops"
            );
        }

        (RunLength, RunStride) = loops[^1];
        _extents = [.. loops.SkipLast(1).Select(loop => loop.Extent)];
        _strides = [.. loops.SkipLast(1).Select(loop => loop.Stride)];
        Runs = _extents.Aggregate(1, (product, extent) => product * extent);
    }

    /// <summary>Elements of the innermost loop.</summary>
    public int RunLength { get; }

    /// <summary>The other tensor's stride in it.</summary>
    public nint RunStride { get; }

    public int Runs { get; }

    /// <summary>Extents and strides of the loops around the runs.</summary>
    public (int[] Extents, nint[] Strides) Outer => (_extents, _strides);

    /// <summary>Moves to the next run: <paramref name="index"/> has a place for each outer loop and starts as zeros.</summary>
    public nint Next(Span<int> index, nint offset)
    {
        for (int axis = _extents.Length - 1; axis >= 0; axis--)
        {
            offset += _strides[axis];
            if (++index[axis] < _extents[axis])
            {
                break;
            }

            offset -= _strides[axis] * _extents[axis];
            index[axis] = 0;
        }

        return offset;
    }
}
