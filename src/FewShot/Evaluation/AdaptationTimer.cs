using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Evaluation;

/// <summary>Adapts to tasks one at a time and takes the time: the whole program, from the support set to the task's state.</summary>
internal sealed class AdaptationTimer : IDisposable
{
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(200);

    private readonly IWorker<float> _worker;
    private readonly ITaskSource _source;
    private readonly Episode _episode;
    private readonly int _support;

    public AdaptationTimer(SimdProgram program, ParameterSet parameters, ITaskSource source, int threads = 1)
    {
        _worker = program.CreateWorker(threads);
        WorkerInputs.Load(_worker, parameters);
        _source = source;
        _episode = new Episode(source.Shape);
        _support = parameters.Specifications.Count;
    }

    /// <summary>Adapts until the runtime has settled on its code; what it takes until then is not what adaptation costs.</summary>
    public void Settle(Split split, ulong seed)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            Milliseconds(split, seed, 0);
        } while (Stopwatch.GetElapsedTime(start) < s_settling);
    }

    /// <summary>The time to adapt to one task; drawing it is not counted.</summary>
    public double Milliseconds(Split split, ulong seed, long index)
    {
        _source.Sample(split, seed, index, _episode);
        long start = Stopwatch.GetTimestamp();
        WorkerInputs.LoadSupport(_worker, _support, _episode.SupportInputs, _episode.SupportTargets);
        _worker.Run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public void Dispose() => _worker.Dispose();
}
