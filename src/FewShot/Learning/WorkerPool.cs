using System.Collections.Concurrent;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Simd;

namespace FewShot.Learning;

/// <summary>The workers of a program that answers calls: kept from one call to the next with what they were given at first, no more of them than there are cores. Thread-safe.</summary>
/// <param name="program">What they run.</param>
/// <param name="threads">The most threads of a run.</param>
/// <param name="prepare">Writes the inputs that stay the same.</param>
internal sealed class WorkerPool(SimdProgram program, int threads, Action<IWorker<float>> prepare) : IDisposable
{
    // One task's steps are too short to be cut into many shares.
    private const int MostUsefulThreads = 4;

    private readonly ConcurrentBag<IWorker<float>> _idle = [];
    private volatile bool _isDisposed;

    public static int DefaultThreads => Math.Min(Environment.ProcessorCount, MostUsefulThreads);

    public SimdProgram Program => program;

    public IWorker<float> Take()
    {
        if (!_idle.TryTake(out IWorker<float>? worker))
        {
            worker = program.CreateWorker(threads);
            prepare(worker);
        }

        return worker;
    }

    public void Return(IWorker<float> worker)
    {
        if (_isDisposed || _idle.Count >= Environment.ProcessorCount)
        {
            worker.Dispose();
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
        while (_idle.TryTake(out IWorker<float>? worker))
        {
            worker.Dispose();
        }
    }
}
