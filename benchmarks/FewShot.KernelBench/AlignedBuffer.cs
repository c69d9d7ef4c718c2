using System.Runtime.InteropServices;

namespace FewShot.KernelBench;

/// <summary>Floats aligned to 64 bytes, zero or filled with reproducible values in [-1, 1).</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    public AlignedBuffer(long floats, int? seed = null)
    {
        Length = floats;
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, floats * sizeof(float)), 64);
        Random? random = seed is null ? null : new Random(seed.Value);
        for (long i = 0; i < floats; i++)
        {
            Pointer[i] = random is null ? 0 : (float)(random.NextDouble() * 2 - 1);
        }
    }

    public long Length { get; }

    public float* Pointer { get; }

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}
