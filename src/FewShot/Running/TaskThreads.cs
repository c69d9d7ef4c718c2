using System.Diagnostics;

namespace FewShot.Running;

/// <summary>
/// Threads that take tasks of a batch one after another; the caller's thread is one of them. Nothing inside a task is threaded, so results
/// do not depend on the number of workers as long as each task writes only to its own place. Used by one caller at a time.
/// </summary>
internal sealed class TaskThreads : IDisposable
{
    // How often a helper looks for new work before it sleeps: some 100 us, more than what lies between two batches of training, and far
    // less than waking up a thread costs a short batch.
    private const int LooksBeforeSleep = 200;

    private readonly Thread[] _threads;
    private readonly ManualResetEventSlim[] _start;
    private Action<int, int> _body = (_, _) => { };
    private int _tasks;
    private int _next;
    private int _busy;
    private long _busyTicks;
    private Exception? _failure;
    private volatile bool _stopped;

    public TaskThreads(int workers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        Workers = workers;
        _start = [.. Enumerable.Range(1, workers - 1).Select(_ => new ManualResetEventSlim(initialState: false, LooksBeforeSleep))];
        _threads =
        [
            .. Enumerable
                .Range(1, workers - 1)
                .Select(worker => new Thread(() => Loop(worker)) { IsBackground = true, Name = $"task worker {worker}" }),
        ];
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>How many threads work, the caller's included.</summary>
    public int Workers { get; }

    /// <summary>Seconds that all threads together have spent on tasks.</summary>
    public double BusySeconds => (double)Interlocked.Read(ref _busyTicks) / Stopwatch.Frequency;

    /// <summary>
    /// Calls <paramref name="body"/> (worker, task) once for each task and returns when all are done; the first failure is thrown.
    /// </summary>
    public void Run(int tasks, Action<int, int> body)
    {
        _body = body;
        _tasks = tasks;
        _failure = null;
        _next = -1;
        int helpers = Math.Min(_threads.Length, tasks - 1);
        _busy = Math.Max(0, helpers);
        for (int helper = 0; helper < helpers; helper++)
        {
            _start[helper].Set();
        }

        Take(0);
        var spin = new SpinWait();
        while (Volatile.Read(ref _busy) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    public void Dispose()
    {
        _stopped = true;
        for (int helper = 0; helper < _threads.Length; helper++)
        {
            _start[helper].Set();
            _threads[helper].Join();
            _start[helper].Dispose();
        }
    }

    private void Loop(int worker)
    {
        while (true)
        {
            _start[worker - 1].Wait();
            _start[worker - 1].Reset();
            if (_stopped)
            {
                return;
            }

            Take(worker);
            Interlocked.Decrement(ref _busy);
        }
    }

    private void Take(int worker)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            int task;
            while (_failure is null && (task = Interlocked.Increment(ref _next)) < _tasks)
            {
                _body(worker, task);
            }
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
        }

        Interlocked.Add(ref _busyTicks, Stopwatch.GetTimestamp() - start);
    }
}
