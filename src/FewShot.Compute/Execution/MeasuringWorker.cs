using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution;

/// <summary>
/// Runs a program on an arena filled with a pattern that no kernel writes, so that what a run really used can be compared with what the
/// plan predicted.
/// </summary>
internal sealed unsafe class MeasuringWorker : SimdWorker
{
    private const byte Untouched = 0xFF;

    public MeasuringWorker(SimdProgram program)
        : base(program)
    {
        for (long from = 0; from < ArenaBytes; from += int.MaxValue)
        {
            new Span<byte>(Arena + from, (int)Math.Min(int.MaxValue, ArenaBytes - from)).Fill(Untouched);
        }

        WriteConstants();
    }

    /// <summary>Bytes up to the end of the last cache line that was written.</summary>
    public long TouchedBytes
    {
        get
        {
            for (long line = ArenaBytes - ArenaPlan.Alignment; line >= 0; line -= ArenaPlan.Alignment)
            {
                if (new ReadOnlySpan<byte>(Arena + line, ArenaPlan.Alignment).ContainsAnyExcept(Untouched))
                {
                    return line + ArenaPlan.Alignment;
                }
            }

            return 0;
        }
    }
}
