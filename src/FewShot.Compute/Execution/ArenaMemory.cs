using System.Runtime.InteropServices;
using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution;

/// <summary>
/// Zeroed memory for an arena, in large pages where the system gives them: the tables of small ones cost a task of tens of megabytes a few
/// percent.
/// </summary>
internal static unsafe partial class ArenaMemory
{
    private const nuint LargePage = 2 << 20;
    private const int AdviseLargePages = 14;

    public static byte* Allocate(long bytes)
    {
        nuint size = (nuint)bytes;
        bool large = OperatingSystem.IsLinux() && size >= LargePage;
        if (large)
        {
            size = (size + LargePage - 1) / LargePage * LargePage;
        }

        byte* memory = (byte*)NativeMemory.AlignedAlloc(size, large ? LargePage : ArenaPlan.Alignment);
        if (large)
        {
            // Whether the system follows the advice changes nothing but the time.
            _ = Advise(memory, size, AdviseLargePages);
        }

        NativeMemory.Clear(memory, size);
        return memory;
    }

    public static void Free(byte* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
