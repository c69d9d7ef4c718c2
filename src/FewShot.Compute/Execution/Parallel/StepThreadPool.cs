namespace FewShot.Compute.Execution.Parallel;

/// <summary>
/// Threads that help runs of programs, one run at a time each. They sleep while nobody needs them; a run that begins wakes those it borrows
/// and does not wait: it goes on alone until they are there.
/// </summary>
internal sealed class StepThreadPool
{
    private static readonly Lazy<StepThreadPool> s_ofProcess = new(() => new StepThreadPool(Environment.ProcessorCount - 1));

    private readonly StepThread[] _helpers;

    public StepThreadPool(int count) => _helpers = [.. Enumerable.Range(1, count).Select(number => new StepThread(number))];

    /// <summary>
    /// The one that all workers share, so that a process has no more helpers than it has further cores, however many runs there are at
    /// once.
    /// </summary>
    public static StepThreadPool OfProcess => s_ofProcess.Value;

    public int Count => _helpers.Length;

    /// <summary>Borrows as many free helpers as there is room for; to be given back by <see cref="StepThread.Release"/>.</summary>
    public int Borrow(IShareRunner worker, StepThread[] borrowed)
    {
        int count = 0;
        foreach (StepThread helper in _helpers)
        {
            if (count < borrowed.Length && helper.TryBorrow(worker, count))
            {
                borrowed[count++] = helper;
            }
        }

        return count;
    }
}
