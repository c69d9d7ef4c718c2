using System.Runtime.Intrinsics.X86;

namespace FewShot.Compute.Kernels;

/// <summary>
/// Asks for some memory to come into the second-level cache, a part at a time between the parts of work that does not wait for memory. Where the machine has
/// no such request, does nothing.
/// </summary>
internal unsafe struct Prefetch
{
    private const int LineFloats = 16;

    private readonly float* end;
    private readonly nint part;
    private float* next;

    public Prefetch(float* start, nint floats, int parts)
    {
        next = start;
        end = start + floats;
        part = (floats + parts * LineFloats - 1) / (parts * LineFloats) * LineFloats;
    }

    public void Next()
    {
        if (Sse.IsSupported)
        {
            for (var stop = next + Math.Min(part, (nint)(end - next)); next < stop; next += LineFloats)
            {
                Sse.Prefetch1(next);
            }
        }
    }
}
