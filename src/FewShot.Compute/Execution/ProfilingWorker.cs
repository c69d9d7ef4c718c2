using System.Diagnostics;

namespace FewShot.Compute.Execution;

/// <summary>One step of a program and the time of its fastest run: other processes only ever make a run slower.</summary>
/// <param name="Kind">What the step computes: the operation's name, or "fused loop" or "fused loop over windows".</param>
/// <param name="Operation">The operations of a fused loop; of any other step its <paramref name="Kind"/>.</param>
/// <param name="Kernel">The kernel that runs the step.</param>
/// <param name="Scope">The scope in which the step was traced.</param>
/// <param name="Seconds">The time of the fastest run in seconds; 0 before the first.</param>
/// <param name="MultiplyAdds">The multiply-adds of one run, by the operation's definition.</param>
/// <param name="Bytes">The bytes of all that the step reads and writes, scratch memory not included.</param>
public sealed record StepTime(string Kind, string Operation, string Kernel, string Scope, double Seconds, long MultiplyAdds, long Bytes);

/// <summary>
/// Runs a program and keeps the fastest time of every step. Reading the clock costs each step some 30 ns. Not thread-safe.
/// </summary>
public sealed class ProfilingWorker : IWorker<float>
{
    private readonly TimedWorker _worker;

    internal ProfilingWorker(SimdProgram program) => _worker = new TimedWorker(program);

    /// <summary>How many runs there were since the profile was last reset.</summary>
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

    /// <summary>A table of the times, by kind of operation and by step, dearest first.</summary>
    public string Report()
    {
        IReadOnlyList<StepTime> steps = Steps;
        double total = Math.Max(1e-9, steps.Sum(step => step.Seconds * 1e6));
        var lines = new List<string> { $"{total, 12:F1} us a run, {steps.Count} steps, {Runs} runs" };
        Table("kind", step => step.Kind);
        Table("step", step => $"{step.Operation} {step.Bytes / 1e6:F2} MB by {step.Kernel}");
        return string.Join(Environment.NewLine, lines);

        void Table(string title, Func<StepTime, string> key)
        {
            lines.Add($"{"us", 12} {"share", 7} {"steps", 6} {"GFLOP/s", 8} {"GB/s", 8}  {title}");
            foreach (
                IGrouping<string, StepTime> group in steps.GroupBy(key).OrderByDescending(group => group.Sum(step => step.Seconds)).Take(40)
            )
            {
                double time = Math.Max(1e-3, group.Sum(step => step.Seconds * 1e6));
                long work = group.Sum(step => step.MultiplyAdds);
                string rate = work > 0 ? $"{2 * work / time / 1000:F1}" : "";
                lines.Add(
                    $"{time, 12:F1} {time / total, 7:P1} {group.Count(), 6} {rate, 8} "
                        + $"{group.Sum(step => step.Bytes) / time / 1000, 8:F1}  {group.Key}"
                );
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _worker.Dispose();

    private sealed class TimedWorker(SimdProgram program) : SimdWorker(program)
    {
        private readonly long[] _ticks = [.. Enumerable.Repeat(long.MaxValue, program.Kernels.Count)];

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
                _ticks[i] = Math.Min(_ticks[i], after - before);
                before = after;
            }
        }

        public void Reset()
        {
            Runs = 0;
            _ticks.AsSpan().Fill(long.MaxValue);
        }

        public IReadOnlyList<StepTime> Steps() =>
            [
                .. Program.Plan.Steps.Select(
                    (step, i) =>
                        new StepTime(
                            step.Loop is not { } loop ? step.Nodes[0].Operation.Name
                                : loop.Map is null ? "fused loop"
                                : "fused loop over windows",
                            ProgramDump.Operations(step),
                            Program.Kernels[i].Description,
                            step.Outputs[^1].Scope,
                            Runs > 0 ? (double)_ticks[i] / Stopwatch.Frequency : 0,
                            step.Nodes.Sum(node => node.Operation.MultiplyAdds(node)),
                            Program.Plan.BytesOf(step)
                        )
                ),
            ];
    }
}
