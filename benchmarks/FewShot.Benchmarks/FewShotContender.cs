using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>FewShot's side of a row.</summary>
internal sealed class FewShotContender : IContender
{
    private readonly Action _repetition;
    private readonly IDisposable? _owned;
    private readonly Facts _facts;
    private double _seconds;

    private FewShotContender(Action repetition, IDisposable? owned = null, Facts? facts = null) =>
        (_repetition, _owned, _facts) = (repetition, owned, facts ?? new Facts());

    public string Name { get; init; } = "fewshot";

    public Facts Facts => _facts with { BusyShare = BusySeconds is null ? null : BusySeconds() / (_seconds * _facts.Cores) };

    /// <summary>Seconds that the threads have spent on tasks, all added, where that is known.</summary>
    private Func<double>? BusySeconds { get; init; }

    /// <summary>One meta-step: a batch of tasks, their weighted meta-gradient, and Adam's update.</summary>
    public static FewShotContender Training(
        LearnerSpecification specification,
        TaskShape shape,
        int tasks,
        int workers,
        bool recomputed = false
    )
    {
        var source = new RandomTasks(shape);
        TaskPrograms graphs = TaskPrograms.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 1);
        RematerializationPlan choice = recomputed
            ? RematerializationPlan.Least(graphs, shape)
            : RematerializationPlan.KeepAll(graphs, shape);
        var step = new MetaStep(graphs, shape, choice.Program, parameters, tasks, workers);
        Optimizer optimizer = new OuterOptimizerOptions().Create(parameters.Values.Length);
        long index = 0;
        return new FewShotContender(
            () =>
            {
                step.Run(source, 1, index);
                optimizer.Update(parameters.Values, step.Gradient, 1e-4);
                index += tasks;
            },
            step,
            new Facts(Math.Min(workers, tasks), step.Program.MultiplyAdds * tasks, step.Program.PeakBytes)
        )
        {
            Name = workers == 1 ? "fewshot-1-worker" : "fewshot",
            BusySeconds = () => step.BusySeconds,
        };
    }

    /// <summary>
    /// Adaptation to one task after another, the copy of its support set included; its larger steps are shared among so many threads.
    /// </summary>
    public static FewShotContender Adaptation(LearnerSpecification specification, TaskShape shape, int threads)
    {
        TaskPrograms graphs = TaskPrograms.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 1);
        var program = new SimdProgram(graphs.Adapt(shape.SupportCount, shape.Outputs));
        IWorker<float> worker = program.CreateWorker(threads);
        WorkerInputs.Load(worker, parameters);
        var episode = new Episode(shape);
        new RandomTasks(shape).Sample(Split.Train, 1, 0, episode);
        int support = parameters.Specifications.Count;
        return new FewShotContender(
            () =>
            {
                episode.SupportInputs.CopyTo(worker.Input(support));
                episode.SupportTargets.CopyTo(worker.Input(support + 1));
                worker.Run();
            },
            worker,
            new Facts(Math.Min(threads, program.MostThreads), program.MultiplyAdds, program.PeakBytes)
        )
        {
            Name = threads == 1 ? "fewshot-1-thread" : "fewshot",
        };
    }

    /// <summary>Drawing one episode after another.</summary>
    public static FewShotContender Sampling(ITaskSource source)
    {
        var episode = new Episode(source.Shape);
        long index = 0;
        return new FewShotContender(() => source.Sample(Split.Train, 1, index++, episode));
    }

    /// <summary>A program from its start to its end.</summary>
    public static FewShotContender StartUp(string name, string program, params string[] arguments) =>
        new(() =>
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException(
                    $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result.Trim()}"
                );
            }
        })
        {
            Name = name,
        };

    public double[] Run(int count)
    {
        double[] seconds = new double[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _repetition();
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            _seconds += seconds[i];
        }

        return seconds;
    }

    public void Dispose() => _owned?.Dispose();
}
