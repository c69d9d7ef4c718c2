using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FewShot.KernelBench;

/// <summary>Processor time of the calling thread where the system tells it (Linux), so that waiting for a core does not count.</summary>
internal static class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    public static double Seconds
    {
        get
        {
            if (!OperatingSystem.IsLinux())
            {
                return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
            }

            return ReadClock(ThreadProcessorTime, out TimeSpecification time) == 0
                ? time.Seconds + time.Nanoseconds * 1e-9
                : throw new InvalidOperationException("The thread's processor time cannot be read.");
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ReadClock(int clock, out TimeSpecification time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
