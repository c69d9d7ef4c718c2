using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly LearnerSpecification s_specification = new()
    {
        Method = "maml",
        Network = "mlp",
        InputShape = [4],
        Outputs = 3,
        Hidden = [8],
        InnerSteps = 2,
    };
    private static readonly BlobTasks s_source = new(new TaskShape(TaskKind.Classification, [4], 3, 3, 6));

    [Fact]
    public void Results_do_not_depend_on_the_number_of_workers_or_on_earlier_runs()
    {
        ParameterSet parameters = Parameters();
        using var one = new Evaluator(s_specification, s_source, 1);
        using var three = new Evaluator(s_specification, s_source, 3);
        EvaluationResult first = one.Run(parameters, Split.Test, 40, seed: 1, timed: false);
        three.Run(parameters, Split.Validation, 10, seed: 9, timed: false);
        EvaluationResult second = three.Run(parameters, Split.Test, 40, seed: 1, timed: false);
        Assert.Equal(first.Accuracy, second.Accuracy);
        Assert.Equal(first.Loss, second.Loss);
        Assert.Equal(first.Steps, second.Steps);
        Assert.NotEqual(first.Loss, one.Run(parameters, Split.Test, 40, seed: 2, timed: false).Loss);
    }

    [Fact]
    public void A_result_states_its_conditions()
    {
        using var evaluator = new Evaluator(s_specification, s_source, 1);
        EvaluationResult result = evaluator.Run(Parameters(), Split.Test, 12, seed: 3);
        Assert.Equal(
            ("maml", "exact", NormStatistics.Support, Split.Test, 12, 3ul),
            (result.Method, result.Order, result.NormStatistics, result.Split, result.Episodes, result.Seed)
        );
        Assert.Equal(3, result.Steps.Count);
        Assert.Equal(result.Steps[0], result.Before);
        Assert.Equal(result.Accuracy, result.Steps[^1]);
        Assert.True(result.AdaptMillisecondsMedian > 0 && result.AdaptMillisecondsP95 >= result.AdaptMillisecondsMedian);
        Assert.Throws<ArgumentOutOfRangeException>(() => evaluator.Run(Parameters(), Split.Test, 0, seed: 3));
    }

    [Theory]
    [InlineData(1, 12.706205)]
    [InlineData(2, 4.302653)]
    [InlineData(4, 2.776445)]
    [InlineData(29, 2.045230)]
    [InlineData(599, 1.963939)]
    [InlineData(9999, 1.960201)]
    public void An_interval_is_wide_by_students_quantile(int freedom, double quantile)
    {
        // Published tables of t at 97.5 %. Half of the values are 0 and half 1, or one more of them is 0.
        int ones = (freedom + 1) / 2;
        double[] values = [.. Enumerable.Range(0, freedom + 1).Select(i => i < ones ? 1.0 : 0)];
        double mean = (double)ones / values.Length;
        double deviation = Math.Sqrt(mean * (1 - mean) * values.Length / freedom);
        Interval interval = Interval.Of(values);
        Assert.Equal(mean, interval.Mean, 1e-12);
        Assert.Equal(quantile * deviation / Math.Sqrt(values.Length), interval.HalfWidth, 1e-6);
    }

    [Fact]
    public void An_interval_of_equal_values_has_no_width_and_one_of_a_single_value_no_bound()
    {
        Assert.Equal(new Interval(0.5, 0), Interval.Of([0.5, 0.5, 0.5]));
        Assert.Equal(new Interval(7, double.PositiveInfinity), Interval.Of([7]));
        Assert.Throws<ArgumentException>(() => Interval.Of([]));
    }

    [Fact]
    public void Intervals_of_five_episodes_cover_the_mean_in_95_of_100_cases()
    {
        // Accuracies as sums of twelve uniform numbers, which are all but normal; the mean is 6.
        var random = new Random(1);
        int covered = 0;
        const int Cases = 20000;
        for (int i = 0; i < Cases; i++)
        {
            double[] values = [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, 12).Sum(_ => random.NextDouble()))];
            Interval interval = Interval.Of(values);
            covered += Math.Abs(interval.Mean - 6) <= interval.HalfWidth ? 1 : 0;
        }

        Assert.InRange((double)covered / Cases, 0.945, 0.955);
    }

    [Fact]
    public void Tasks_that_the_learner_cannot_serve_are_refused()
    {
        var images = new BlobTasks(new TaskShape(TaskKind.Classification, [5], 3, 3, 6));
        Assert.Contains(
            "takes inputs of [4], the tasks have [5]",
            Assert.Throws<ArgumentException>(() => new Evaluator(s_specification, images, 1)).Message
        );
        Assert.Contains(
            "the learner is for regression, the tasks are classification",
            Assert.Throws<ArgumentException>(() => new Evaluator(s_specification with { Kind = TaskKind.Regression }, s_source, 1)).Message
        );
    }

    [Fact]
    public void Evaluation_can_be_cancelled()
    {
        using var evaluator = new Evaluator(s_specification, s_source, 2);
        Assert.Throws<OperationCanceledException>(() =>
            evaluator.Run(Parameters(), Split.Test, 10, 1, cancellation: new CancellationToken(canceled: true))
        );
    }

    private static ParameterSet Parameters() =>
        ParameterSet.Initialize(s_specification.CreateMethod().MetaParameters(s_specification.CreateModel()), 1);
}
