using System.Collections.Concurrent;
using FewShot.Compute.Execution;

namespace FewShot.Running;

/// <summary>
/// The workers of a program that answers calls: kept from one call to the next with what they were given at first, no more of them than
/// there are cores. After it is disposed it still serves who has it, and keeps nothing. Thread-safe.
/// </summary>
/// <param name="program">The program that the workers run.</param>
/// <param name="threads">The most threads of a run.</param>
/// <param name="prepare">Writes the inputs that stay the same.</param>
internal sealed class WorkerPool(SimdProgram program, int threads, Action<IWorker<float>> prepare) : IDisposable
{
    // One task's steps are too short to be cut into many shares.
    private const int MostUsefulThreads = 4;

    private readonly ConcurrentBag<PooledWorker> _idle = [];
    private volatile bool _isDisposed;

    public static int DefaultThreads => Math.Min(Environment.ProcessorCount, MostUsefulThreads);

    public SimdProgram Program => program;

    public PooledWorker Take()
    {
        if (!_idle.TryTake(out PooledWorker? worker))
        {
            worker = new PooledWorker(program.CreateWorker(threads));
            prepare(worker.Worker);
        }

        return worker;
    }

    public void Return(PooledWorker worker)
    {
        if (_isDisposed || _idle.Count >= Environment.ProcessorCount)
        {
            worker.Worker.Dispose();
            return;
        }

        _idle.Add(worker);
        if (_isDisposed)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryTake(out PooledWorker? worker))
        {
            worker.Worker.Dispose();
        }
    }
}

/// <summary>A worker of a pool that several users share, and whose values it holds.</summary>
internal sealed class PooledWorker(IWorker<float> worker)
{
    public IWorker<float> Worker => worker;

    /// <summary>
    /// The number of the user that wrote its own inputs last; 0 for none. A number, so that a user who is gone is not kept.
    /// </summary>
    public long User { get; set; }
}
