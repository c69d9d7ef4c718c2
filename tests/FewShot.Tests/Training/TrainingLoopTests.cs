using System.Text.Json.Nodes;
using FewShot.Compute.Execution;
using FewShot.Data;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Tests.Running;
using FewShot.Tests.Storage;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Training;

public class TrainingLoopTests
{
    private static readonly LearnerSpecification s_specification = new()
    {
        Method = "maml++",
        Network = "mlp",
        InputShape = [4],
        Outputs = 3,
        Hidden = [8],
        InnerSteps = 2,
    };

    private static readonly TrainingOptions s_options = new()
    {
        MetaBatch = 3,
        Iterations = 23,
        ValidateEvery = 5,
        ValidationEpisodes = 10,
        Outer = new OuterOptimizerOptions(Rate: 0.01, Schedule: LearningRateSchedule.Cosine),
    };

    private static readonly BlobTasks s_source = new(new TaskShape(TaskKind.Classification, [4], 3, 3, 6));

    [Fact]
    public void A_run_with_warm_starts_resumes_with_what_it_kept_of_each_task()
    {
        LearnerSpecification warm = s_specification with { Method = "mrml", InnerSteps = 2, Solver = "cg:2", WarmStart = true };
        TrainingOptions options = s_options with { Tasks = 6, Iterations = 9 };
        using TrainingLoop whole = new TrainingLoop(warm, s_source, options, workers: 1);
        whole.Run();
        using var folder = new TemporaryFolder();
        var configuration = new JsonObject { ["a"] = 1 };
        using (var run = RunFolder.Open(folder["run"], configuration))
        using (TrainingLoop trainer = new TrainingLoop(warm, s_source, options, workers: 2))
        using (var stop = new CancellationTokenSource())
        {
            trainer.Run(run, _ => stop.Cancel(), stop.Token);
        }

        using (var run = RunFolder.Open(folder["run"], configuration))
        using (TrainingLoop trainer = new TrainingLoop(warm, s_source, options, workers: 1))
        {
            trainer.Run(run);
            Assert.Equal(whole.Parameters.Values, trainer.Parameters.Values);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(22)]
    public void An_interrupted_run_resumes_and_ends_with_the_bits_of_an_uninterrupted_one(int interruptedAfter)
    {
        using var folder = new TemporaryFolder();
        var configuration = new JsonObject { ["a"] = 1 };
        (float[] last, float[] best, TrainingOutcome result) expected = Whole(s_options, workers: 1);
        using (var run = RunFolder.Open(folder["run"], configuration))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, s_options, workers: 2))
        using (var stop = new CancellationTokenSource())
        {
            TrainingOutcome result = trainer.Run(
                run,
                progress =>
                {
                    if (progress.Iteration == interruptedAfter)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            );
            Assert.Equal((TrainingEnd.Interrupted, interruptedAfter), (result.End, result.Iteration));
        }

        using (var run = RunFolder.Open(folder["run"], configuration))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, s_options, workers: 1))
        {
            TrainingOutcome result = trainer.Run(run);
            Assert.Equal((TrainingEnd.Completed, 23), (result.End, result.Iteration));
            Assert.Equal(expected.last, trainer.Parameters.Values);
            Assert.Equal(expected.best, trainer.BestParameters);
            Assert.Equal(expected.result.Best, result.Best);
        }

        Assert.Equal(expected.best, Learner.Load(folder["run"]).Parameters.Values);
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void Weights_are_the_same_bits_for_any_number_of_workers(OptimizerKind optimizer)
    {
        TrainingOptions options = s_options with { Iterations = 6, Outer = new OuterOptimizerOptions(optimizer, 0.01) };
        Assert.Equal(Whole(options, 1).Last, Whole(options, 3).Last);
    }

    [Fact]
    public void Weight_decay_leaves_running_statistics_alone()
    {
        LearnerSpecification specification = new()
        {
            Method = "protonet",
            InputShape = [16, 16, 1],
            Channels = 2,
            Outputs = 2,
            NormStatistics = NormStatistics.Query,
        };
        var source = new BlobTasks(new TaskShape(TaskKind.Classification, [16, 16, 1], 2, 2, 2));
        TrainingOptions options = new()
        {
            Iterations = 3,
            MetaBatch = 1,
            ValidationEpisodes = 1,
            Outer = new OuterOptimizerOptions(OptimizerKind.AdamW, 0.1, WeightDecay: 0.5),
        };
        using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
        trainer.Run();
        Assert.Equal([1f, 1f], trainer.Parameters["block1.norm.variance"].ToArray());
        Assert.NotEqual(1f, trainer.Parameters["block1.norm.scale"][0]);
    }

    [Fact]
    public void Running_statistics_follow_those_of_the_support_sets()
    {
        LearnerSpecification specification = new()
        {
            Method = "protonet",
            InputShape = [16, 16, 1],
            Channels = 2,
            Outputs = 2,
            NormStatistics = NormStatistics.Running,
        };
        var source = new BlobTasks(new TaskShape(TaskKind.Classification, [16, 16, 1], 2, 2, 2));
        using TrainingLoop trainer = new TrainingLoop(
            specification,
            source,
            new()
            {
                Iterations = 5,
                MetaBatch = 2,
                ValidationEpisodes = 1,
            },
            workers: 1
        );
        trainer.Run();
        Assert.DoesNotContain(1f, trainer.Parameters["block1.norm.variance"].ToArray());
    }

    [Fact]
    public void A_diverging_run_says_so_and_what_to_try()
    {
        using TrainingLoop trainer = new TrainingLoop(
            s_specification with
            {
                Kind = TaskKind.Regression,
                InputShape = [1],
                Outputs = 1,
                InnerRate = 1e20,
            },
            new SinusoidTasks(new TaskOptions { Shots = 5, QueriesPerClass = 5 }),
            s_options,
            workers: 1
        );
        string message = Assert.Throws<TrainingDivergedException>(() => trainer.Run()).Message;
        Assert.Contains("at iteration 1: training diverged; try a smaller inner rate", message);
    }

    [Fact]
    public void A_value_that_is_no_number_is_said_of_the_source_and_not_of_a_rate()
    {
        using TrainingLoop trainer = new TrainingLoop(s_specification, new MissingTarget(s_source, index: 4), s_options, workers: 1);
        string message = Assert.Throws<DataException>(() => trainer.Run()).Message;
        Assert.Contains("task 4 of 'blobs' has NaN as value 2 of its query targets", message);
    }

    [Fact]
    public void A_checkpoint_is_made_between_validations_when_its_time_has_come()
    {
        using var folder = new TemporaryFolder();
        using var run = RunFolder.Open(folder["run"], []);
        using TrainingLoop trainer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                Iterations = 4,
                ValidateEvery = 100,
                CheckpointEvery = TimeSpan.Zero,
            },
            workers: 1
        );
        var saved = new List<long>();
        trainer.Run(run, _ => saved.Add(Checkpoint.Read(RunFolder.LatestPath(run.Path)).Iteration));
        Assert.Equal([1, 2, 3, 4], saved);
        Assert.Equal(FewShot.Compute.Execution.SimdProgram.VectorLevel, run.Latest!.Metadata[TrainingLoop.VectorLevel]);
    }

    [Fact]
    public void A_killed_run_goes_on_from_a_checkpoint_between_validations_with_the_same_bits()
    {
        using TrainingLoop whole = new TrainingLoop(s_specification, s_source, s_options, workers: 1);
        whole.Run();
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], []))
        using (
            TrainingLoop trainer = new TrainingLoop(
                s_specification,
                s_source,
                s_options with
                {
                    CheckpointEvery = TimeSpan.Zero,
                },
                workers: 1
            )
        )
        {
            // Thrown out of the loop, so that nothing is saved on the way out: as a kill would leave it.
            Assert.Throws<TimeoutException>(() =>
                trainer.Run(
                    run,
                    progress =>
                    {
                        if (progress.Iteration == 8)
                        {
                            throw new TimeoutException();
                        }
                    }
                )
            );
        }

        using (var run = RunFolder.Open(folder["run"], []))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, s_options, workers: 1))
        {
            Assert.Equal(8, run.Latest!.Iteration);
            trainer.Run(run);
            Assert.Equal(whole.Parameters.Values, trainer.Parameters.Values);
        }
    }

    [Fact]
    public void Workers_that_no_task_would_use_are_not_made()
    {
        int before = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        using TrainingLoop trainer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                Iterations = 1,
                ValidationEpisodes = 2,
            },
            workers: 1_000_000
        );
        trainer.Run();
        Assert.InRange(System.Diagnostics.Process.GetCurrentProcess().Threads.Count - before, 0, 500);
    }

    [Fact]
    public void Workers_that_need_more_memory_than_there_is_are_refused_with_how_many_fit()
    {
        WorkerMemory.Require(100, workers: 10, available: 1000);
        string message = Assert.Throws<ArgumentException>(() => WorkerMemory.Require(100, workers: 11, available: 1000)).Message;
        Assert.Contains("11 workers of 100 bytes each need more than the 1000 bytes of memory there are; at most 10 fit", message);
        Assert.Contains(
            "one task alone does not fit",
            Assert.Throws<ArgumentException>(() => WorkerMemory.Require(2000, workers: 1, available: 1000)).Message
        );
    }

    [Fact]
    public void A_schedule_of_its_own_length_leaves_the_first_iterations_of_a_longer_training_as_they_were()
    {
        using TrainingLoop shorter = new TrainingLoop(s_specification, s_source, s_options, workers: 1);
        shorter.Run();
        using TrainingLoop longer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                Iterations = 40,
                ScheduleIterations = 23,
            },
            workers: 1
        );
        using var stop = new CancellationTokenSource();
        longer.Run(
            null,
            progress =>
            {
                if (progress.Iteration == 23)
                {
                    stop.Cancel();
                }
            },
            stop.Token
        );
        Assert.Equal(shorter.Parameters.Values, longer.Parameters.Values);
    }

    [Fact]
    public void Training_stops_when_validation_stops_improving_and_stays_stopped()
    {
        using var folder = new TemporaryFolder();

        // With so small a step nothing ever improves after the first validation.
        TrainingOptions options = s_options with
        {
            Iterations = 100,
            Patience = 2,
            ValidateEvery = 2,
            Outer = new OuterOptimizerOptions(Rate: 1e-12),
        };
        using (var run = RunFolder.Open(folder["run"], []))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, options, workers: 1))
        {
            TrainingOutcome result = trainer.Run(run);
            Assert.Equal((TrainingEnd.NoImprovement, 6), (result.End, result.Iteration));
        }

        using (var run = RunFolder.Open(folder["run"], []))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, options, workers: 1))
        {
            TrainingOutcome result = trainer.Run(run);
            Assert.Equal((TrainingEnd.NoImprovement, 6), (result.End, result.Iteration));
        }
    }

    [Fact]
    public void A_budget_ends_training()
    {
        using TrainingLoop trainer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                Iterations = long.MaxValue,
                Budget = TimeSpan.FromMilliseconds(50),
            },
            workers: 1
        );
        TrainingOutcome result = trainer.Run();
        Assert.Equal(TrainingEnd.BudgetSpent, result.End);
        Assert.False(double.IsNaN(result.Best));
    }

    [Fact]
    public void The_time_left_is_told_as_soon_as_there_is_a_rate()
    {
        var told = new List<TimeSpan?>();
        using TrainingLoop trainer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                Iterations = 3,
                Budget = TimeSpan.FromHours(1),
            },
            workers: 1
        );
        trainer.Run(progress: progress => told.Add(progress.Remaining));
        Assert.Equal([true, false, false], told.Select(left => left is null));
        Assert.Equal(TimeSpan.Zero, told[2]);
    }

    [Fact]
    public void The_record_at_the_end_of_a_budget_has_the_figures_of_the_last_iteration()
    {
        using var folder = new TemporaryFolder();
        TrainingOptions options = s_options with
        {
            Iterations = 1_000_000,
            ValidateEvery = 1_000_000,
            Budget = TimeSpan.FromMilliseconds(50),
        };
        double loss = double.NaN;
        double accuracy = double.NaN;
        using (var run = RunFolder.Open(folder["run"], []))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, options, workers: 1))
        {
            trainer.Run(run, progress => (loss, accuracy) = (progress.Loss, progress.Accuracy));
        }

        JsonObject record = Assert.Single(RunFolder.ReadLog(folder["run"]));
        Assert.Equal((loss, accuracy), ((double)record["train/loss"]!, (double)record["train/accuracy"]!));
        Assert.True((double)record["train/gradient_norm"]! > 0 && (double)record["train/outer_rate"]! > 0);
        Assert.InRange((double)record["validation/accuracy"]!, 0, 1);
    }

    [Fact]
    public void The_multi_step_loss_may_be_switched_off()
    {
        using TrainingLoop trainer = new TrainingLoop(
            s_specification,
            s_source,
            s_options with
            {
                MultiStepShare = 0,
                Iterations = 2,
            },
            workers: 1
        );
        trainer.Run();
        Assert.All(trainer.Parameters.Values, value => Assert.True(float.IsFinite(value)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { MultiStepShare = double.NaN });
    }

    [Fact]
    public void A_checkpoint_that_training_cannot_go_on_from_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (var run = RunFolder.Open(folder["run"], []))
        using (TrainingLoop trainer = new TrainingLoop(s_specification, s_source, s_options with { Iterations = 1 }, workers: 1))
        {
            trainer.Run(run);
            new Learner(s_specification, trainer.Parameters).Save(RunFolder.LatestPath(folder["run"]));
        }

        Refused(s_specification, "has no state 'first_moment'");
        Refused(s_specification with { Hidden = [9] }, "checkpoint of another model");

        void Refused(LearnerSpecification specification, string reason)
        {
            using var run = RunFolder.Open(folder["run"], []);
            using TrainingLoop trainer = new TrainingLoop(specification, s_source, s_options, workers: 1);
            Assert.Contains(reason, Assert.Throws<StorageException>(() => trainer.Run(run)).Message);
        }
    }

    [Fact]
    public void A_memory_budget_changes_the_memory_and_not_the_weights()
    {
        TrainingOptions options = s_options with { Iterations = 3 };
        LearnerSpecification specification = s_specification with { InnerSteps = 6, Hidden = [40, 40] };
        using TrainingLoop kept = new TrainingLoop(specification, s_source, options, workers: 1);
        kept.Run();
        using TrainingLoop recomputed = new TrainingLoop(
            specification,
            s_source,
            options with
            {
                MemoryBudget = kept.Program.PeakBytes - 1,
            },
            workers: 1
        );
        TrainingOutcome result = recomputed.Run();
        Assert.True(result.Checkpointed);
        Assert.True(result.PeakBytes < kept.Program.PeakBytes);
        Assert.All(kept.Parameters.Values.Zip(recomputed.Parameters.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Maml_learns_sinusoids()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml",
            Kind = TaskKind.Regression,
            InputShape = [1],
            Outputs = 1,
            Hidden = [40, 40],
            InnerSteps = 2,
            InnerRate = 0.02,
        };
        var source = new SinusoidTasks(new TaskOptions { Shots = 10, QueriesPerClass = 10 });
        var options = new TrainingOptions
        {
            MetaBatch = 10,
            Iterations = 2000,
            ValidateEvery = 10_000,
            Outer = new OuterOptimizerOptions(Rate: 2e-3),
        };
        using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
        using var evaluator = new Evaluator(specification, source, 1);
        double before = evaluator.Run(trainer.Parameters, Split.Test, 100, 1, timed: false).Loss.Mean;
        trainer.Run();
        EvaluationResult after = evaluator.Run(trainer.Parameters, Split.Test, 100, 1, timed: false);
        Assert.True(after.Loss.Mean < before / 4, $"loss {before:0.00} before, {after.Loss.Mean:0.00} after");
        Assert.True(after.Loss.Mean < 0.7 * after.Before!.Value.Mean, $"loss {after.Before} before adapting, {after.Loss} after");
    }

    [Fact]
    public void Prototypes_learn_glyphs()
    {
        ITaskSource source = TaskSources.Open(
            "glyphs",
            null,
            new TaskOptions
            {
                Ways = 5,
                Shots = 1,
                QueriesPerClass = 5,
            }
        );
        var specification = new LearnerSpecification
        {
            Method = "protonet",
            InputShape = [28, 28, 1],
            Channels = 8,
            Outputs = 5,
        };
        var options = new TrainingOptions
        {
            MetaBatch = 4,
            Iterations = 60,
            ValidateEvery = 10_000,
            ValidationEpisodes = 20,
            Outer = new OuterOptimizerOptions(Rate: 5e-3),
        };
        using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 2);
        trainer.Run();
        using var evaluator = new Evaluator(specification, source, 2);
        Interval accuracy = evaluator.Run(trainer.Parameters, Split.Test, 60, 1, timed: false).Accuracy!.Value;
        Assert.True(accuracy.Mean - accuracy.HalfWidth > 0.5, $"accuracy {accuracy}, by chance 0.2");
    }

    private static (float[] Last, float[] Best, TrainingOutcome Result) Whole(TrainingOptions options, int workers)
    {
        using TrainingLoop trainer = new TrainingLoop(s_specification, s_source, options, workers);
        TrainingOutcome result = trainer.Run();
        return (trainer.Parameters.Values, trainer.BestParameters, result);
    }

    /// <summary>Tasks of which one lacks a target, as a table with a missing cell gives them.</summary>
    private sealed class MissingTarget(ITaskSource source, long index) : ITaskSource
    {
        public string Name => source.Name;

        public string Description => source.Description;

        public TaskShape Shape => source.Shape;

        public bool HasSplit(Split split) => source.HasSplit(split);

        public void Sample(Split split, ulong seed, long task, Episode destination)
        {
            source.Sample(split, seed, task, destination);
            if (split == Split.Train && task == index)
            {
                destination.QueryTargets[2] = float.NaN;
            }
        }
    }
}
