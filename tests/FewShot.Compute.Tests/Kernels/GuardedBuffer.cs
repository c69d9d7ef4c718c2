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
    private readonly byte* _mapping;
    private readonly nuint _mappingBytes;
    private readonly int _floats;

    public GuardedBuffer(int floats, bool atEnd, int alignment = sizeof(float))
    {
        this._floats = floats;
        nuint bytes = (nuint)floats * sizeof(float);
        nuint inner = (bytes + Page - 1) / Page * Page + Page;
        _mappingBytes = inner + 2 * Page;
        _mapping = (byte*)NativeMemory.AlignedAlloc(_mappingBytes, Page);
        new Span<float>(_mapping, (int)(_mappingBytes / sizeof(float))).Fill(float.NaN);
        nuint offset = atEnd ? (inner - bytes) / (nuint)alignment * (nuint)alignment : 0;
        Pointer = (float*)(_mapping + Page + offset);
        Protect(_mapping, 0);
        Protect(_mapping + Page + inner, 0);
    }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, _floats);

    public void Fill(Random random)
    {
        foreach (ref float value in Span)
        {
            value = (float)(random.NextDouble() * 2 - 1);
        }
    }

    /// <summary>Whether every float around the buffer is still NaN.</summary>
    public bool SurroundingsIntact()
    {
        for (float* at = (float*)(_mapping + Page); at < (float*)(_mapping + _mappingBytes - Page); at++)
        {
            if ((at < Pointer || at >= Pointer + _floats) && !float.IsNaN(*at))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose()
    {
        const int readWrite = 3;
        Protect(_mapping, readWrite);
        Protect(_mapping + _mappingBytes - Page, readWrite);
        NativeMemory.AlignedFree(_mapping);
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
