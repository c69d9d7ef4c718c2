using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Tests.Learning;
using Xunit;

namespace FewShot.Tests.Evaluation;

public class EvaluatorTests
{
    private static readonly LearnerSpecification s_specification = new() { Method = "maml", Network = "mlp", InputShape = [4], Outputs = 3, Hidden = [8], InnerSteps = 2 };
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
        Assert.Equal(("maml", "exact", NormStatistics.Query, Split.Test, 12, 3ul), (result.Method, result.Order, result.NormStatistics, result.Split, result.Episodes, result.Seed));
        Assert.Equal(3, result.Steps.Count);
        Assert.Equal(result.Steps[0], result.Before);
        Assert.Equal(result.Accuracy, result.Steps[^1]);
        Assert.True(result.AdaptMillisecondsMedian > 0 && result.AdaptMillisecondsP95 >= result.AdaptMillisecondsMedian);
        Assert.Throws<ArgumentOutOfRangeException>(() => evaluator.Run(Parameters(), Split.Test, 0, seed: 3));
    }

    [Fact]
    public void An_interval_is_1_96_standard_errors_wide_on_each_side()
    {
        Interval interval = Interval.Of([1, 2, 3, 4]);
        Assert.Equal(2.5, interval.Mean, 1e-12);
        Assert.Equal(1.96 * Math.Sqrt(5.0 / 3 / 4), interval.HalfWidth, 1e-12);
        Assert.Equal(new Interval(7, 0), Interval.Of([7]));
        Assert.Equal(0, Interval.Of([0.5, 0.5, 0.5]).HalfWidth);
    }

    [Fact]
    public void Tasks_that_the_learner_cannot_serve_are_refused()
    {
        var images = new BlobTasks(new TaskShape(TaskKind.Classification, [5], 3, 3, 6));
        Assert.Contains("takes inputs of [4], the tasks have [5]", Assert.Throws<ArgumentException>(() => new Evaluator(s_specification, images, 1)).Message);
        Assert.Contains(
            "the learner is for regression, the tasks are classification",
            Assert.Throws<ArgumentException>(() => new Evaluator(s_specification with { Kind = TaskKind.Regression }, s_source, 1)).Message);
    }

    [Fact]
    public void Evaluation_can_be_cancelled()
    {
        using var evaluator = new Evaluator(s_specification, s_source, 2);
        Assert.Throws<OperationCanceledException>(() => evaluator.Run(Parameters(), Split.Test, 10, 1, cancellation: new CancellationToken(canceled: true)));
    }

    private static ParameterSet Parameters() => ParameterSet.Initialize(s_specification.CreateMethod().MetaParameters(s_specification.CreateModel()), 1);
}
