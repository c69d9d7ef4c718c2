using System.Runtime.InteropServices;
using Xunit;

namespace FewShot.Compute.Tests.Kernels;

/// <summary>
/// Floats whose neighbourhood is watched: on Linux the page after (or before) them cannot be touched at all, and on every system the
/// rest of their pages holds NaN, which spreads if read and shows if overwritten.
/// </summary>
internal sealed unsafe class GuardedBuffer : IDisposable
{
    private const nuint Page = 4096;
    private readonly byte* mapping;
    private readonly nuint mappingBytes;
    private readonly int floats;

    public GuardedBuffer(int floats, bool atEnd, int alignment = sizeof(float))
    {
        this.floats = floats;
        var bytes = (nuint)floats * sizeof(float);
        var inner = (bytes + Page - 1) / Page * Page + Page;
        mappingBytes = inner + 2 * Page;
        mapping = (byte*)NativeMemory.AlignedAlloc(mappingBytes, Page);
        new Span<float>(mapping, (int)(mappingBytes / sizeof(float))).Fill(float.NaN);
        var offset = atEnd ? (inner - bytes) / (nuint)alignment * (nuint)alignment : 0;
        Pointer = (float*)(mapping + Page + offset);
        Protect(mapping, 0);
        Protect(mapping + Page + inner, 0);
    }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, floats);

    public void Fill(Random random)
    {
        foreach (ref var value in Span)
        {
            value = (float)(random.NextDouble() * 2 - 1);
        }
    }

    /// <summary>Whether every float around the buffer is still NaN.</summary>
    public bool SurroundingsIntact()
    {
        for (var at = (float*)(mapping + Page); at < (float*)(mapping + mappingBytes - Page); at++)
        {
            if ((at < Pointer || at >= Pointer + floats) && !float.IsNaN(*at))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        const int readWrite = 3;
        Protect(mapping, readWrite);
        Protect(mapping + mappingBytes - Page, readWrite);
        NativeMemory.AlignedFree(mapping);
    }

    private static void Protect(byte* page, int protection)
    {
        if (OperatingSystem.IsLinux() && Environment.SystemPageSize == (int)Page)
        {
            Assert.Equal(0, MemoryProtect(page, Page, protection));
        }
    }

    [DllImport("libc", EntryPoint = "mprotect")]
    private static extern int MemoryProtect(void* address, nuint length, int protection);
}
