using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Simd;
using FewShot.Evaluation;
using FewShot.Learning;
using FewShot.Models;
using FewShot.Optimizers;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>FewShot's side of a workload: prepared once, then repeated.</summary>
internal sealed class FewShotRun : IDisposable
{
    private readonly Action _repetition;
    private readonly IDisposable _owned;
    private readonly int _calls;

    public FewShotRun(Workload workload, int workers)
    {
        var source = new RandomTasks(workload.Shape);
        TaskGraphs graphs = TaskGraphs.Of(workload.Specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 1);
        if (workload.Tasks > 0)
        {
            var step = new MetaStep(graphs, workload.Shape, parameters, workload.Tasks, workers, checkpointed: false);
            Optimizer optimizer = new OuterUpdate().Create(parameters.Values.Length);
            long index = 0;
            _repetition = () =>
            {
                step.Run(source, 1, index);
                optimizer.Update(parameters.Values, step.Gradient, 1e-4);
                index += workload.Tasks;
            };
            (_owned, PeakBytes, MultiplyAdds) = (step, step.Program.PeakBytes, step.Program.MultiplyAdds * workload.Tasks);
        }
        else
        {
            var program = new SimdProgram(graphs.Adapt(workload.Shape.SupportCount, workload.Shape.Outputs));
            IWorker<float> worker = program.CreateWorker();
            Evaluator.Load(worker, parameters);
            var episode = new Episode(workload.Shape);
            source.Sample(Split.Train, 1, 0, episode);
            int support = parameters.Specifications.Count;
            _repetition = () =>
            {
                episode.SupportInputs.CopyTo(worker.Input(support));
                episode.SupportTargets.CopyTo(worker.Input(support + 1));
                worker.Run();
            };
            (_owned, PeakBytes, MultiplyAdds) = (worker, program.PeakBytes, program.MultiplyAdds);
        }

        // Warm-up, and short work repeated so that a repetition is long enough for the clock.
        for (int i = 0; i < 5; i++)
        {
            _repetition();
        }

        long start = Stopwatch.GetTimestamp();
        _repetition();
        _calls = (int)Math.Clamp(0.02 / Stopwatch.GetElapsedTime(start).TotalSeconds, 1, 10_000);
    }

    public long PeakBytes { get; }

    public long MultiplyAdds { get; }

    /// <summary>Seconds of one meta-step or one adaptation.</summary>
    public double Repeat()
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _calls; i++)
        {
            _repetition();
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / _calls;
    }

    public void Dispose() => _owned.Dispose();

    /// <summary>Tasks of any shape with random inputs: what is timed does not depend on what the images show.</summary>
    private sealed class RandomTasks(TaskShape shape) : ITaskSource
    {
        public string Name => "random";

        public string Description => "random inputs";

        public TaskShape Shape => shape;

        public bool HasSplit(Split split) => true;

        public void Sample(Split split, ulong seed, long index, Episode destination)
        {
            var random = new CounterRandom(seed, 0, (ulong)index);
            Fill(destination.SupportInputs, ref random);
            Fill(destination.QueryInputs, ref random);
            if (shape.Kind == TaskKind.Regression)
            {
                Fill(destination.SupportTargets, ref random);
                Fill(destination.QueryTargets, ref random);
            }
            else
            {
                destination.FillClassTargets();
            }
        }

        private static void Fill(float[] values, ref CounterRandom random)
        {
            foreach (ref float value in values.AsSpan())
            {
                value = random.NextSingle();
            }
        }
    }
}
