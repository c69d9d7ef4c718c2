using System.Diagnostics;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.KernelBench;
using FewShot.ProgramBench;

// Times whole compiled programs on one core: FewShot.ProgramBench [name] [--dump] [--profile] [--seconds n]
var programs = new Dictionary<string, Func<Graph>>
{
    ["sine-1"] = () => MetaLearningPrograms.Sine(1),
    ["sine-5"] = () => MetaLearningPrograms.Sine(5),
    ["omniglot-5w1s-1"] = () => MetaLearningPrograms.Omniglot(5, 1, 15, 1),
    ["omniglot-5w1s-5"] = () => MetaLearningPrograms.Omniglot(5, 1, 15, 5),
    ["omniglot-5w1s-5-checkpointed"] = () => MetaLearningPrograms.Omniglot(5, 1, 15, 5, checkpoint: true),
};
double seconds = Array.IndexOf(args, "--seconds") is >= 0 and int at ? double.Parse(args[at + 1]) : 2;
string[] chosen = [.. args.Where(programs.ContainsKey)];
foreach (string name in chosen.Length > 0 ? chosen : [.. programs.Keys])
{
    long start = Stopwatch.GetTimestamp();
    Graph graph = programs[name]();
    TimeSpan traced = Stopwatch.GetElapsedTime(start);
    start = Stopwatch.GetTimestamp();
    TimeSpan before = Environment.CpuUsage.UserTime;
    var program = new SimdProgram(graph);
    TimeSpan work = Environment.CpuUsage.UserTime - before;
    TimeSpan compiled = Stopwatch.GetElapsedTime(start);
    if (args.Contains("--dump"))
    {
        Console.WriteLine(program.Dump());
    }

    using ProfilingWorker worker = program.CreateProfilingWorker();
    using IWorker<float> plain = program.CreateWorker();
    var random = new Random(1);
    for (int i = 0; i < graph.Inputs.Count; i++)
    {
        Span<float> values = worker.Input(i);
        for (int j = 0; j < values.Length; j++)
        {
            values[j] = (float)((random.NextDouble() * 2) - 1) * 0.3f;
        }

        values.CopyTo(plain.Input(i));
    }

    start = Stopwatch.GetTimestamp();
    plain.Run();
    TimeSpan first = Stopwatch.GetElapsedTime(start);
    double best = double.PositiveInfinity;
    double end = ThreadClock.Seconds + seconds;
    int batch = program.MultiplyAdds < 10_000_000 ? 200 : 1;
    while (ThreadClock.Seconds < end)
    {
        double began = ThreadClock.Seconds;
        for (int i = 0; i < batch; i++)
        {
            plain.Run();
        }

        best = Math.Min(best, (ThreadClock.Seconds - began) * 1e6 / batch);
    }

    Console.WriteLine(
        $"{name}: best {best:N1} us a task, {2 * program.MultiplyAdds / best / 1000:F1} GFLOP/s; {program.PeakBytes / 1048576.0:F2} MiB, "
            + $"{program.MultiplyAdds:N0} multiply-adds; traced in {traced.TotalMilliseconds:F0} ms, compiled in "
            + $"{compiled.TotalMilliseconds:F0} ms ({work.TotalMilliseconds:F0} ms of work), first run {first.TotalMilliseconds:F0} ms"
    );
    if (args.Contains("--profile"))
    {
        for (int i = 0; i < Math.Max(5, batch); i++)
        {
            worker.Run();
        }

        worker.Reset();
        end = ThreadClock.Seconds + seconds;
        while (ThreadClock.Seconds < end)
        {
            worker.Run();
        }

        Console.WriteLine(worker.Report());
    }
}
