using System.Globalization;
using System.Text;
using FewShot.Data;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Studies;

/// <summary>
/// What does it cost to answer each query for itself? Methods trained under each choice of normalisation statistics and measured under
/// each: with all queries of a task asked together, and with one query of one class alone, as an application asks.
/// </summary>
internal static class NormalizationStudy
{
    private const int Ways = 5;
    private const int Queries = 5;
    private const int Iterations = 1000;
    private const int MetaBatch = 4;
    private const int Channels = 32;
    private const int Episodes = 400;
    private const int AloneEpisodes = 400;
    private const ulong Seed = 1;

    private static readonly string[] s_methods = ["maml", "anil", "protonet", "r2d2", "amfs"];
    private static readonly string[] s_sources = ["glyphs", "omniglot", "cifar-fs"];
    private static readonly NormStatistics[] s_choices = [NormStatistics.Query, NormStatistics.Support, NormStatistics.Running];

    public static void Run(StudyFolder folder)
    {
        var rows = new StringBuilder();
        foreach (string name in s_sources)
        {
            ITaskSource source = TaskSources.Open(
                name,
                Environment.GetEnvironmentVariable("FEWSHOT_DATA"),
                new TaskOptions
                {
                    Ways = Ways,
                    Shots = 1,
                    QueriesPerClass = Queries,
                }
            );
            foreach (string method in s_methods)
            {
                rows.AppendLine(Measure(source, method));
                folder.Save("normalization", Page(rows.ToString()));
            }
        }
    }

    private static string Page(string rows) =>
        $"""
            # What it costs to answer each query for itself

            {Ways}-way 1-shot, Conv4-{Channels}, {Iterations} iterations of {MetaBatch} tasks with {Queries} queries a class, Adam at 3e-3, seed {Seed}; validated best weights are not chosen, the last are
            measured. "trained → answered" names the statistics of batch normalisation: of the queries asked together (`query`, the transductive setting of the MAML papers), of the support set
            (`support`), or averages kept in training (`running`). Accuracy on {Episodes} test tasks in % with its 95 % interval, all {Ways
                * Queries} queries of a task asked together; "alone" is one
            query of each of {AloneEpisodes} test tasks, number i mod {Ways * Queries} of task i, asked by itself, as an application asks.

            | data | method | query → query | support → support | running → running | query → support | query → query, alone | support → support, alone | running → running, alone |
            |---|---|---:|---:|---:|---:|---:|---:|---:|
            {rows}
            Under `support` and `running` an answer does not depend on what else is asked, so "alone" differs from the column before only by which queries are counted.

                dotnet run -c Release --project benchmarks/FewShot.Studies -- normalization

            """;

    private static string Measure(ITaskSource source, string method)
    {
        var learners = new Dictionary<NormStatistics, Learner>();
        foreach (NormStatistics statistics in s_choices)
        {
            var specification = new LearnerSpecification
            {
                Method = method,
                InputShape = source.Shape.InputShape,
                Outputs = Ways,
                Channels = Channels,
                NormStatistics = statistics,
            };
            var options = new TrainingOptions
            {
                Iterations = Iterations,
                MetaBatch = MetaBatch,
                ValidateEvery = Iterations,
                ValidationEpisodes = 1,
                Seed = Seed,
                Outer = new OuterOptimizerOptions { Rate = 3e-3 },
            };
            using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
            trainer.Run();
            learners.Add(statistics, new Learner(specification, trainer.Parameters));
            Console.Error.WriteLine($"{source.Name}, {method}, {statistics}: trained");
        }

        Learner transductive = learners[NormStatistics.Query];
        var inductive = new Learner(transductive.Definition with { NormStatistics = NormStatistics.Support }, transductive.Parameters);
        IEnumerable<string> together = s_choices
            .Select(statistics => Text(learners[statistics].Evaluate(source, Split.Test, Episodes, Seed).Accuracy!.Value))
            .Append(Text(inductive.Evaluate(source, Split.Test, Episodes, Seed).Accuracy!.Value));
        IEnumerable<string> alone = s_choices.Select(statistics => Text(Alone(learners[statistics], source)));
        return $"| {source.Name} | {method} | {string.Join(" | ", together.Concat(alone))} |";
    }

    /// <summary>The accuracy on one query of each task, asked by itself; its class varies with the task.</summary>
    private static Interval Alone(Learner learner, ITaskSource source)
    {
        var episode = new Episode(source.Shape);
        double[] right = new double[AloneEpisodes];
        for (int i = 0; i < right.Length; i++)
        {
            source.Sample(Split.Test, Seed, i, episode);
            int asked = i % source.Shape.QueryCount;
            int[] labels = [.. Enumerable.Range(0, source.Shape.SupportCount).Select(example => Class(episode.SupportTargets, example))];
            using AdaptedModel model = learner.Adapt(episode.SupportInputs, labels);
            int answer = model.Classify(episode.QueryInputs.AsSpan(asked * source.Shape.InputSize, source.Shape.InputSize))[0];
            right[i] = answer == Class(episode.QueryTargets, asked) ? 1 : 0;
        }

        return Interval.Of(right);
    }

    private static int Class(float[] targets, int example) => Array.IndexOf(targets, 1f, example * Ways, Ways) - (example * Ways);

    private static string Text(Interval interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Mean:0.0} ± {100 * interval.HalfWidth:0.0}");
}
