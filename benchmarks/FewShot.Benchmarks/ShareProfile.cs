using System.Diagnostics;
using System.Runtime.InteropServices;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Parallel;
using FewShot.Compute.Execution.Steps;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>
/// What two threads gain in one adaptation. First on one: of each step the time of the whole beside that of its longer half, each the best
/// of many runs. Then by the clock on two, where handing shares over, and what one core must fetch from the other's cache, come on top; for
/// that the machine must be left alone.
/// </summary>
internal sealed unsafe class ShareProfile : SimdWorker
{
    private readonly double[] _whole;
    private readonly double[] _shared;
    private readonly byte* _scratch;

    private ShareProfile(SimdProgram program)
        : base(program)
    {
        _whole = [.. Enumerable.Repeat(double.PositiveInfinity, StepCount)];
        _shared = [.. _whole];
        _scratch = (byte*)
            NativeMemory.AlignedAlloc((nuint)program.Kernels.Max(kernel => kernel.ScratchBytes) + ArenaPlan.Alignment, ArenaPlan.Alignment);
    }

    /// <summary>Prints the profile of adapting a learner to a task of a shape.</summary>
    public static void Print(string name, LearnerSpecification specification, TaskShape shape, TimeSpan time)
    {
        TaskPrograms graphs = TaskPrograms.Of(specification);
        ParameterSet parameters = ParameterSet.Initialize(graphs.Method.MetaParameters(graphs.Model), 1);
        var program = new SimdProgram(graphs.Adapt(shape.SupportCount, shape.Outputs));
        using var profile = new ShareProfile(program);
        var episode = new Episode(shape);
        new RandomTasks(shape).Sample(Split.Train, 1, 0, episode);
        Fill(profile);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            profile.Measure();
        }

        using var clocked = new ClockedWorker(program);
        Fill(clocked);
        start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            clocked.Run();
        }

        double whole = profile._whole.Sum();
        double path = profile._shared.Sum();
        double[] byTwo = clocked.Medians();
        Console.WriteLine(
            $"{name}: {whole:F0} us whole, {path:F0} us by halves: {whole / path:F2} times at best; {byTwo.Sum():F0} us by two "
                + $"threads: {whole / byTwo.Sum():F2} times; "
                + $"{program.Kernels.Count(kernel => kernel.Shares > 1)} of {program.StepCount} steps are shared, "
                + $"{100.0 * clocked.TakenBack / clocked.SharedSteps:F0} % of the shares came too late for the helper"
        );
        foreach (
            IGrouping<string, int> group in Enumerable
                .Range(0, program.StepCount)
                .GroupBy(step => program.Plan.Steps[step].Loop is null ? program.Kernels[step].Description : "fused loops")
                .OrderByDescending(group => group.Sum(step => profile._whole[step]))
                .Take(12)
        )
        {
            (double all, double half) = (group.Sum(step => profile._whole[step]), group.Sum(step => profile._shared[step]));
            double clock = group.Sum(step => byTwo[step]);
            Console.WriteLine($"{all, 10:F0} {half, 8:F0} {all / half, 6:F2} {clock, 8:F0} {all / clock, 6:F2}  {group.Key}");
        }

        void Fill(SimdWorker worker)
        {
            WorkerInputs.Load(worker, parameters);
            int support = parameters.Specifications.Count;
            episode.SupportInputs.CopyTo(worker.Input(support));
            episode.SupportTargets.CopyTo(worker.Input(support + 1));
        }
    }

    protected override void Free()
    {
        base.Free();
        NativeMemory.AlignedFree(_scratch);
    }

    /// <summary>Runs once by whole steps and once by halves.</summary>
    private void Measure()
    {
        for (int step = 0; step < StepCount; step++)
        {
            long start = Stopwatch.GetTimestamp();
            RunStep(step);
            _whole[step] = Math.Min(_whole[step], Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        for (int step = 0; step < StepCount; step++)
        {
            StepKernel kernel = Kernel(step);
            long start = Stopwatch.GetTimestamp();
            if (kernel.Shares == 1)
            {
                RunStep(step);
                _shared[step] = Math.Min(_shared[step], Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                continue;
            }

            kernel.Begin(Buffers(step), Scratch(step));
            long begun = Stopwatch.GetTimestamp();
            kernel.Run(Buffers(step), Scratch(step), Scratch(step) + kernel.SharedBytes, new Share(0, 1, 2));
            long half = Stopwatch.GetTimestamp();
            kernel.Run(Buffers(step), Scratch(step), _scratch, new Share(1, 2, 2));
            long done = Stopwatch.GetTimestamp();
            kernel.End(Buffers(step), Scratch(step));
            long end = Stopwatch.GetTimestamp();
            TimeSpan path =
                Stopwatch.GetElapsedTime(start, begun)
                + Stopwatch.GetElapsedTime(done, end)
                + TimeSpan.FromTicks(Math.Max(Stopwatch.GetElapsedTime(begun, half).Ticks, Stopwatch.GetElapsedTime(half, done).Ticks));
            _shared[step] = Math.Min(_shared[step], path.TotalMicroseconds);
        }
    }

    /// <summary>Measures by the clock what two threads take for each step.</summary>
    private sealed class ClockedWorker(SimdProgram program) : ParallelWorker(program, StepThreadPool.OfProcess, 2)
    {
        private readonly List<double>[] _times = [.. Enumerable.Range(0, program.StepCount).Select(_ => new List<double>())];

        public double[] Medians() => [.. _times.Select(times => times.Order().ElementAt(times.Count / 2))];

        protected override void Run(int step, int shares)
        {
            long start = Stopwatch.GetTimestamp();
            base.Run(step, shares);
            _times[step].Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }
}
