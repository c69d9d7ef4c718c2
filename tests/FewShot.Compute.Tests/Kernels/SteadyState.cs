using Xunit;

namespace FewShot.Compute.Tests.Kernels;

/// <summary>Asserts that code allocates nothing once it has settled.</summary>
internal static class SteadyState
{
    /// <summary>
    /// The least of a few calls counts: the runtime itself may allocate in one of them, when it replaces code while that runs.
    /// </summary>
    public static void AllocatesNothing(Action call)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 4 && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }
}
