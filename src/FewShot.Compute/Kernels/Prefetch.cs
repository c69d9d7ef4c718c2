using System.Runtime.Intrinsics.X86;

namespace FewShot.Compute.Kernels;

/// <summary>
/// Asks for some memory to come into the second-level cache, a part at a time between the parts of work that does not wait for memory.
/// Where the machine has no such request, does nothing.
/// </summary>
internal unsafe struct Prefetch
{
    private const int LineFloats = 16;

    private readonly float* _end;
    private readonly nint _part;
    private float* _next;

    public Prefetch(float* start, nint floats, int parts)
    {
        _next = start;
        _end = start + floats;
        _part = (floats + parts * LineFloats - 1) / (parts * LineFloats) * LineFloats;
    }

    public void Next()
    {
        if (Sse.IsSupported)
        {
            for (float* stop = _next + Math.Min(_part, (nint)(_end - _next)); _next < stop; _next += LineFloats)
            {
                Sse.Prefetch1(_next);
            }
        }
    }
}
