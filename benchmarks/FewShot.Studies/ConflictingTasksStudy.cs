using System.Globalization;
using System.Text;
using FewShot.Data;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Reporting;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Studies;

/// <summary>
/// Does task weighting find tasks that contradict themselves, and do the others gain by it? Sinusoid regression with a share of training
/// tasks whose queries are negated, learned by one method under each weighting from the same seeds; tested on tasks without conflict.
/// </summary>
internal static class ConflictingTasksStudy
{
    private const double Share = 0.3;
    private const int MetaBatch = 16;
    private const int WeightPoints = 40;
    private const int TestEpisodes = 400;

    private const int Seeds = 6;

    private static readonly Weighted[] s_weightings =
    [
        new("uniform", TaskWeightingKind.Uniform, null),
        new("similarity, τ = 0.5", TaskWeightingKind.Similarity, 0.5),
        new("similarity, τ = 0.2", TaskWeightingKind.Similarity, 0.2),
        new("agreement", TaskWeightingKind.Agreement, null),
        new("loss, τ = −1 (easier tasks count more)", TaskWeightingKind.Loss, -1),
    ];

    private static readonly Problem[] s_problems =
    [
        new(
            "sinusoid",
            "r2d2",
            2000,
            new SinusoidTasks(new TaskOptions { Shots = 10, QueriesPerClass = 15 }),
            new()
            {
                Method = "r2d2",
                InputShape = [1],
                Outputs = 1,
            }
        ),
        new(
            "sinusoid",
            "amfs-inner",
            2000,
            new SinusoidTasks(new TaskOptions { Shots = 10, QueriesPerClass = 15 }),
            new()
            {
                Method = "amfs-inner",
                InputShape = [1],
                Outputs = 1,
            }
        ),
        new(
            "glyphs, 5-way 1-shot",
            "r2d2",
            300,
            Glyphs(),
            new()
            {
                Method = "r2d2",
                InputShape = [28, 28, 1],
                Outputs = 5,
                Channels = 16,
            }
        ),
    ];

    public static void Run(StudyFolder folder)
    {
        var table = new StringBuilder();
        var curves = new List<LineSeries>();
        foreach (Problem problem in s_problems)
        {
            Outcome? uniform = null;
            foreach (Weighted weighting in s_weightings)
            {
                Outcome outcome = Measure(problem, weighting);
                uniform ??= outcome;
                Interval gain = Interval.Of([.. outcome.Scores.Zip(uniform.Scores, (own, other) => own - other)]);
                table.AppendLine(
                    $"| {problem.Name} | {problem.Method} | {weighting.Name} | {problem.Text(Interval.Of([.. outcome.Scores]))} | "
                        + $"{(outcome == uniform ? "–" : problem.Text(gain))} "
                        + $"| {Text(Interval.Of([.. outcome.Conflicting]))} | {Text(Interval.Of([.. outcome.Others]))} |"
                );
                if (weighting.Kind == TaskWeightingKind.Similarity && weighting.Temperature < 0.5)
                {
                    curves.Add(Curve(problem, $"{problem.Method}, conflicting", outcome.ConflictingCurve));
                    curves.Add(Curve(problem, $"{problem.Method}, others", outcome.OthersCurve) with { Dashed = true });
                }
            }
        }

        folder.Save(
            "conflicting-tasks",
            new LineChart(
                "Weights by similarity of tasks that conflict and of the others",
                new ChartAxis("part of training, %"),
                new ChartAxis("mean weight, 1 for all alike"),
                curves
            )
        );
        folder.Save("conflicting-tasks", Page(table.ToString()));
    }

    private static ITaskSource Glyphs() =>
        TaskSources.Open(
            "glyphs",
            null,
            new TaskOptions
            {
                Ways = 5,
                Shots = 1,
                QueriesPerClass = 5,
            }
        );

    private static string Page(string rows) =>
        $"""
            # Task weighting when tasks conflict

            Of the training tasks {Share
                * 100:0} % contradict themselves: their queries demand the opposite of what their support set shows, negated values (sinusoid, 10
            support and 15 query points) or the next class (glyphs, 5 queries a class). Each method is trained from {Seeds} seeds on {MetaBatch} tasks an iteration
            ({string.Join(
                ", ",
                s_problems.Select(problem => $"{problem.Method} {problem.Iterations:N0}").Distinct()
            )} iterations; Adam at 1e-3; mlp of 40 and 40, or Conv4-16
            with query statistics) and tested on {TestEpisodes} tasks without conflict: mean squared error or accuracy. ± is the
            95 % interval of the mean over the seeds (Student). Weights are means over the second half of training, 1 being the uniform weight.

            | tasks | method | weighting | test result | against uniform, seed by seed | weight of conflicting tasks | weight of the others |
            |---|---|---|---|---|---|---|
            {rows}
            ![Weights in the course of training](conflicting-tasks.svg)

            Under uniform weights the best answer is a compromise: {(1 - (2 * Share)).ToString(
                "0.0",
                CultureInfo.InvariantCulture
            )} times the wave. Weights by similarity find the conflicting tasks without being told which
            they are, since each task has one vote on the common direction. Agreement as published (inner products with the sum of the gradients) does not: the better
            the learner, the larger the losses and so the gradients of the tasks that contradict it, and the few outvote the many. Weights by loss favour whatever is easy,
            which here is what does not conflict; where tasks differ in difficulty for better reasons they would favour the same.

                dotnet run -c Release --project benchmarks/FewShot.Studies -- conflicting-tasks

            """;

    private static Outcome Measure(Problem problem, Weighted weighting)
    {
        var source = new ConflictingTasks(problem.Tasks, Share);
        var outcome = new Outcome();
        LearnerSpecification specification = problem.Specification with
        {
            Kind = source.Shape.Kind,
            Weighting = weighting.Kind,
            WeightingTemperature = weighting.Temperature,
            NormStatistics = NormStatistics.Query,
        };
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var options = new TrainingOptions
            {
                Iterations = problem.Iterations,
                MetaBatch = MetaBatch,
                ValidateEvery = problem.Iterations,
                ValidationEpisodes = 1,
                Seed = seed,
            };
            using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
            var weights = new (double Sum, int Count)[WeightPoints, 2];
            trainer.Run(progress: progress =>
            {
                long iteration = progress.Iteration - 1;
                int point = (int)(iteration * WeightPoints / problem.Iterations);
                IReadOnlyList<double> current = trainer.TaskWeights;
                for (int task = 0; task < current.Count; task++)
                {
                    int side = source.Conflicts(Split.Train, seed, (iteration * MetaBatch) + task) ? 1 : 0;
                    weights[point, side] = (weights[point, side].Sum + current[task], weights[point, side].Count + 1);
                }
            });
            EvaluationResult result = new Learner(specification, trainer.Parameters).Evaluate(source, Split.Test, TestEpisodes);
            outcome.Scores.Add((result.Accuracy ?? result.Loss).Mean);
            outcome.OthersCurve.Add([
                .. Enumerable.Range(0, WeightPoints).Select(point => weights[point, 0].Sum / weights[point, 0].Count),
            ]);
            outcome.ConflictingCurve.Add([
                .. Enumerable.Range(0, WeightPoints).Select(point => weights[point, 1].Sum / weights[point, 1].Count),
            ]);
            Console.WriteLine(
                $"{problem.Name}, {problem.Method}, {weighting.Name}, seed {seed}: {outcome.Scores[^1]:0.000}, weight of conflicting "
                    + $"tasks {outcome.Conflicting[^1]:0.00}, of the others {outcome.Others[^1]:0.00}"
            );
        }

        return outcome;
    }

    private static LineSeries Curve(Problem problem, string name, IReadOnlyList<double[]> curves) =>
        new(
            name,
            [.. Enumerable.Range(0, WeightPoints).Select(point => (point + 0.5) * 100 / WeightPoints)],
            [.. Enumerable.Range(0, WeightPoints).Select(point => curves.Average(curve => curve[point]))]
        );

    private static string Text(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{interval.Mean:0.00} ± {interval.HalfWidth:0.00}");

    private sealed record Weighted(string Name, TaskWeightingKind Kind, double? Temperature);

    private sealed record Problem(string Name, string Method, int Iterations, ITaskSource Tasks, LearnerSpecification Specification)
    {
        public string Text(Interval score) =>
            Tasks.Shape.Kind == TaskKind.Regression
                ? ConflictingTasksStudy.Text(score)
                : string.Create(CultureInfo.InvariantCulture, $"{100 * score.Mean:0.0} ± {100 * score.HalfWidth:0.0} %");
    }

    private sealed class Outcome
    {
        public List<double> Scores { get; } = [];

        public List<double[]> ConflictingCurve { get; } = [];

        public List<double[]> OthersCurve { get; } = [];

        public IReadOnlyList<double> Conflicting => [.. ConflictingCurve.Select(Late)];

        public IReadOnlyList<double> Others => [.. OthersCurve.Select(Late)];

        private static double Late(double[] curve) => curve.Skip(WeightPoints / 2).Average();
    }
}
