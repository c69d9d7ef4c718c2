using FewShot.Compute.Execution;

namespace FewShot.Running;

/// <summary>Whether the arenas of all workers fit in memory: the plan knows before any of it is taken.</summary>
internal static class WorkerMemory
{
    /// <summary>Refuses more workers than the memory of the machine, or of its container, can hold.</summary>
    /// <exception cref="ArgumentException">They need more; the message gives the bytes and how many workers fit.</exception>
    public static void Require(SimdProgram program, int workers) =>
        Require(program.PeakBytes, workers, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>Refuses more workers than a given number of available bytes can hold.</summary>
    public static void Require(long bytesOfOne, int workers, long available)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        if ((Int128)bytesOfOne * workers > available)
        {
            throw new ArgumentException(
                $"{workers} workers of {bytesOfOne} bytes each need more than the {available} bytes of memory there are; "
                    + (bytesOfOne > available ? "one task alone does not fit" : $"at most {available / bytesOfOne} fit"),
                nameof(workers)
            );
        }
    }
}
