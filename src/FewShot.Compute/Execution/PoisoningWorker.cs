using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution;

/// <summary>
/// Runs a program while every byte of the arena that holds no live value is NaN: a step that reads what the plan has given up, or does not
/// write all it should, shows. It also measures how much of the arena is written at all.
/// </summary>
internal sealed unsafe class PoisoningWorker : SimdWorker
{
    private const byte Poison = 0xFF;
    private readonly bool[] _touched;

    public PoisoningWorker(SimdProgram program)
        : base(program)
    {
        _touched = new bool[ArenaBytes / ArenaPlan.Alignment];
        FillWhere(slot => slot.From < 0);
    }

    /// <summary>Bytes up to the end of the last cache line that a run has written.</summary>
    public long TouchedBytes => (Array.LastIndexOf(_touched, true) + 1L) * ArenaPlan.Alignment;

    public override void Run()
    {
        ThrowIfDisposed();
        FillWhere(slot => slot.From < 0);
        for (int i = 0; i < StepCount; i++)
        {
            int step = i;
            RunStep(step);
            RecordTouched();
            FillWhere(slot => slot.From <= step && slot.Until > step);
        }
    }

    private void RecordTouched()
    {
        for (int line = 0; line < _touched.Length; line++)
        {
            _touched[line] |= new ReadOnlySpan<byte>(Arena + ((long)line * ArenaPlan.Alignment), ArenaPlan.Alignment).ContainsAnyExcept(
                Poison
            );
        }
    }

    /// <summary>Poisons everything but the values that live on.</summary>
    private void FillWhere(Func<ArenaPlan.Slot, bool> lives)
    {
        long end = 0;
        foreach (ArenaPlan.Slot slot in Program.Plan.Slots.Values.Where(lives).OrderBy(slot => slot.Offset))
        {
            Fill(end, slot.Offset);
            end = Math.Max(end, slot.Offset + slot.Bytes);
        }

        Fill(end, ArenaBytes);
    }

    private void Fill(long from, long to)
    {
        for (; from < to; from += int.MaxValue)
        {
            new Span<byte>(Arena + from, (int)Math.Min(int.MaxValue, to - from)).Fill(Poison);
        }
    }
}
