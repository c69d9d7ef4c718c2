namespace FewShot.Compute.Execution.Simd;

/// <summary>
/// Threads that help runs of programs, one run at a time each. They sleep while nobody needs them; a run that begins wakes those it borrows
/// and does not wait: it goes on alone until they are there.
/// </summary>
internal sealed class HelperTeam
{
    private static readonly Lazy<HelperTeam> s_ofProcess = new(() => new HelperTeam(Environment.ProcessorCount - 1));

    private readonly Helper[] _helpers;

    public HelperTeam(int count) => _helpers = [.. Enumerable.Range(1, count).Select(number => new Helper(number))];

    /// <summary>
    /// The one that all workers share, so that a process has no more helpers than it has further cores, however many runs there are at
    /// once.
    /// </summary>
    public static HelperTeam OfProcess => s_ofProcess.Value;

    public int Count => _helpers.Length;

    /// <summary>Borrows as many free helpers as there is room for; to be given back by <see cref="Helper.Release"/>.</summary>
    public int Borrow(SharingWorker worker, Helper[] borrowed)
    {
        int count = 0;
        foreach (Helper helper in _helpers)
        {
            if (count < borrowed.Length && helper.TryBorrow(worker, count))
            {
                borrowed[count++] = helper;
            }
        }

        return count;
    }
}
