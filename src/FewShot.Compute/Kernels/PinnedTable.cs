namespace FewShot.Compute.Kernels;

/// <summary>An immutable table that never moves, so that loops may hold its address. It lives as long as its owner.</summary>
internal sealed unsafe class PinnedTable<T>
    where T : unmanaged
{
    private readonly T[] _values;

    public PinnedTable(ReadOnlySpan<T> source)
    {
        _values = GC.AllocateUninitializedArray<T>(Math.Max(1, source.Length), pinned: true);
        source.CopyTo(_values);
        Length = source.Length;
        Pointer = (T*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _values[0]);
    }

    public int Length { get; }

    public T* Pointer { get; }
}
