using System.Diagnostics;
using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution.Simd;

/// <summary>The time of one step of a program, summed over runs.</summary>
/// <param name="Operation">What the step computes: the operation's name, or the operations of a fused loop.</param>
/// <param name="Kernel">What runs it.</param>
/// <param name="Scope">Where it was traced.</param>
/// <param name="Time">Summed over the runs.</param>
/// <param name="MultiplyAdds">Of one run.</param>
public sealed record StepTime(string Operation, string Kernel, string Scope, TimeSpan Time, long MultiplyAdds);

/// <summary>Runs a program and adds up the time of every step. Reading the clock costs each step some 30 ns. Not thread-safe.</summary>
public sealed class ProfilingWorker : IWorker<float>
{
    private readonly TimedWorker _worker;

    internal ProfilingWorker(SimdProgram program) => _worker = new TimedWorker(program);

    /// <summary>Runs since the profile was last reset.</summary>
    public int Runs => _worker.Runs;

    /// <summary>The steps of the program in order, with their times.</summary>
    public IReadOnlyList<StepTime> Steps => _worker.Steps();

    /// <inheritdoc/>
    public Span<float> Input(int index) => _worker.Input(index);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Output(int index) => _worker.Output(index);

    /// <inheritdoc/>
    public void Run() => _worker.Run();

    /// <summary>Forgets all times.</summary>
    public void Reset() => _worker.Reset();

    /// <summary>A table of the times, by operation and by scope, dearest first.</summary>
    public string Report()
    {
        IReadOnlyList<StepTime> steps = Steps;
        double total = Math.Max(1e-9, steps.Sum(step => step.Time.TotalMicroseconds)) / Math.Max(1, Runs);
        var lines = new List<string> { $"{total,12:F1} us a run, {steps.Count} steps, {Runs} runs" };
        Table("operation", step => step.Operation);
        Table("scope", step => step.Scope);
        return string.Join(Environment.NewLine, lines);

        void Table(string title, Func<StepTime, string> key)
        {
            lines.Add($"{"us",12} {"share",7} {"steps",6} {"GFMA/s",8}  {title}");
            foreach (IGrouping<string, StepTime> group in steps.GroupBy(key).OrderByDescending(group => group.Sum(step => step.Time.Ticks)))
            {
                double time = group.Sum(step => step.Time.TotalMicroseconds) / Math.Max(1, Runs);
                long work = group.Sum(step => step.MultiplyAdds);
                string rate = work > 0 && time > 0 ? $"{work / time / 1000:F1}" : "";
                lines.Add($"{time,12:F1} {time / total,7:P1} {group.Count(),6} {rate,8}  {group.Key}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _worker.Dispose();

    private sealed class TimedWorker(SimdProgram program) : SimdWorker(program)
    {
        private readonly long[] _ticks = new long[program.Kernels.Count];

        public int Runs { get; private set; }

        public override void Run()
        {
            ThrowIfDisposed();
            Runs++;
            long before = Stopwatch.GetTimestamp();
            for (int i = 0; i < _ticks.Length; i++)
            {
                RunStep(i);
                long after = Stopwatch.GetTimestamp();
                _ticks[i] += after - before;
                before = after;
            }
        }

        public void Reset()
        {
            Runs = 0;
            Array.Clear(_ticks);
        }

        public IReadOnlyList<StepTime> Steps() =>
        [
            .. Program.Plan.Steps.Select((step, i) => new StepTime(
                ProgramDump.Operations(step), Program.Kernels[i].Description, step.Outputs[^1].Scope,
                Stopwatch.GetElapsedTime(0, _ticks[i]), step.Nodes.Sum(node => node.Operation.MultiplyAdds(node)))),
        ];
    }
}
