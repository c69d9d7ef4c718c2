using FewShot.Data;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Reporting;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Studies;

/// <summary>
/// Peak memory of one task's training program against the number of inner steps, predicted by the plan and measured in the arena, at the
/// sizes of CIFAR-FS: conv4 with 64 channels, 32 × 32 × 3, 5-way 5-shot, 15 queries a class. Then what a trainer holds against the number
/// of tasks in a batch.
/// </summary>
internal static class MemoryStudy
{
    private static readonly TaskShape s_shape = new TaskOptions
    {
        Ways = 5,
        Shots = 5,
        QueriesPerClass = 15,
    }.Classification([32, 32, 3]);

    private static readonly (string Name, string Method, bool Recomputed, int Most)[] s_methods =
    [
        ("mrml", "mrml", false, 200),
        ("mrml, support pass recomputed", "mrml", true, 200),
        ("anil, features computed once", "anil", false, 200),
        ("imaml", "imaml", false, 20),
        ("maml", "maml", false, 20),
        ("maml, steps recomputed", "maml", true, 20),
    ];

    public static void Run(StudyFolder folder)
    {
        int[] steps = [1, 5, 10, 20, 50, 100, 200];
        var peaks = new Dictionary<(string, int), (long Predicted, long Measured)>();
        foreach ((string name, string method, bool recomputed, int most) in s_methods)
        {
            foreach (int t in steps.Where(t => t <= most && !(recomputed && method != "mrml" && t == 1)))
            {
                peaks[(name, t)] = Peak(method, t, recomputed);
                Console.WriteLine(
                    $"{name}, T = {t}: predicted {StudyFolder.Whole(peaks[(name, t)].Predicted)} bytes, measured "
                        + $"{StudyFolder.Whole(peaks[(name, t)].Measured)}"
                );
            }
        }

        folder.Save(
            "memory-steps",
            new LineChart(
                "Peak memory of one task in training",
                new ChartAxis("inner steps, T", AxisScale.Logarithmic),
                new ChartAxis("MB, measured in the arena") { Minimum = 0 },
                [
                    .. s_methods.Select(method =>
                    {
                        int[] at = [.. steps.Where(t => peaks.ContainsKey((method.Name, t)))];
                        return new LineSeries(
                            method.Name,
                            [.. at.Select(t => (double)t)],
                            [.. at.Select(t => peaks[(method.Name, t)].Measured / 1e6)]
                        )
                        {
                            Markers = true,
                        };
                    }),
                ]
            )
        );
        folder.Save(
            "memory-steps",
            ["method", .. steps.Select(t => $"T = {t}"), "predicted = measured"],
            s_methods.Select(method =>
                (IReadOnlyList<string>)
                    [
                        method.Name,
                        .. steps.Select(t =>
                            peaks.TryGetValue((method.Name, t), out (long Predicted, long Measured) peak)
                                ? $"{peak.Measured / 1e6:0.0}"
                                : "–"
                        ),
                        steps.All(t =>
                            !peaks.TryGetValue((method.Name, t), out (long Predicted, long Measured) peak)
                            || peak.Predicted == peak.Measured
                        )
                            ? "yes"
                            : "NO",
                    ]
            )
        );

        int[] batches = [1, 4, 16, 64, 256];
        (string Method, bool Warm)[] trainers = [("mrml", false), ("mrml", true), ("amfs-outer", false)];
        folder.Save(
            "memory-tasks",
            ["bytes a trainer holds besides the arena", .. batches.Select(batch => $"B = {batch}")],
            trainers.Select(trainer =>
                (IReadOnlyList<string>)
                    [
                        trainer.Warm ? $"{trainer.Method}, warm start of B tasks" : trainer.Method,
                        .. batches.Select(batch => StudyFolder.Whole(Held(trainer.Method, trainer.Warm, batch))),
                    ]
            )
        );
    }

    private static (long Predicted, long Measured) Peak(string method, int steps, bool recomputed)
    {
        var specification = new LearnerSpecification
        {
            Method = method,
            InputShape = s_shape.InputShape,
            Outputs = s_shape.Outputs,
            InnerSteps = steps,
            NormStatistics = NormStatistics.Query,
        };
        var plan = new MethodPlan(specification, s_shape);
        if (recomputed)
        {
            // The largest budget that keeping everything does not meet.
            plan = new MethodPlan(specification, s_shape, plan.Training.PeakBytes - 1);
        }

        return (plan.Training.PeakBytes, plan.MeasurePeakBytes(plan.Training));
    }

    /// <summary>Managed bytes alive because of a trainer of one worker; its arena is not managed.</summary>
    private static long Held(string method, bool warm, int batch)
    {
        ITaskSource source = TaskSources.Open(
            "glyphs",
            null,
            new TaskOptions
            {
                Ways = 5,
                Shots = 5,
                QueriesPerClass = 15,
            }
        );
        var specification = new LearnerSpecification
        {
            Method = method,
            InputShape = source.Shape.InputShape,
            Outputs = source.Shape.Outputs,
            WarmStart = warm,
            NormStatistics = NormStatistics.Query,
        };
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using TrainingLoop trainer = new TrainingLoop(
            specification,
            source,
            new TrainingOptions { MetaBatch = batch, Tasks = warm ? batch : null },
            workers: 1
        );
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(trainer);
        return held;
    }
}
