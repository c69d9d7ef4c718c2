using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using Xunit;
using static FewShot.Tests.Running.Learners;

namespace FewShot.Tests.Running;

/// <summary>Queries are checked as supports are, and one that is bad is named and does no harm to others.</summary>
public class QueryTests
{
    private static readonly NormStatistics[] s_statistics = Enum.GetValues<NormStatistics>();

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Values_that_are_no_numbers_name_their_queries(float value)
    {
        foreach (NormStatistics statistics in s_statistics)
        {
            using AdaptedModel model = Adapt("protonet", "conv4", [16, 16, 1], statistics);
            float[] queries = Random(70 * 256, 5);
            queries[3 * 256] = value;
            queries[(69 * 256) + 255] = value;
            QueryException error = Assert.Throws<QueryException>(() => model.Predict(queries));
            Assert.Equal([3, 69], error.Rows);
            Assert.Contains("queries 3, 69, counted from 0: a value is NaN or infinite", error.Message);
            Assert.Equal([3, 69], Assert.Throws<QueryException>(() => model.Classify(queries)).Rows);
        }
    }

    [Theory]
    [InlineData("protonet")]
    [InlineData("maml")]
    [InlineData("r2d2")]
    [InlineData("matching")]
    [InlineData("amfs")]
    public void Values_that_overflow_name_their_queries_and_leave_the_others_alone(string method)
    {
        foreach (NormStatistics statistics in s_statistics)
        {
            using AdaptedModel model = Adapt(method, "mlp", [2], statistics);
            float[] queries = Random(80 * 2, 5);
            queries[2 * 2] = 3e38f;
            queries[(2 * 2) + 1] = -3e38f;
            queries[75 * 2] = -3e38f;
            float[] good = [.. queries.Index().Where(value => value.Index / 2 is not (2 or 75)).Select(value => value.Item)];
            float[] expected = model.Predict(good);
            Assert.All(expected, value => Assert.InRange(value, 0, 1));
            try
            {
                // Where the answer is still a number it is given, and the others are what they are by themselves.
                float[] together = model.Predict(queries);
                float[] others =
                [
                    .. together.Index().Where(value => value.Index / model.Ways is not (2 or 75)).Select(value => value.Item),
                ];
                Assert.All(together, value => Assert.InRange(value, 0, 1));
                Assert.All(expected.Zip(others), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
            }
            catch (QueryException error)
            {
                Assert.All(error.Rows, row => Assert.True(row is 2 or 75));
                Assert.Contains("too large for the network", error.Message);
            }
        }
    }

    [Fact]
    public void The_answer_of_a_regression_is_a_number_or_refused()
    {
        Learner learner = Create(
            new LearnerSpecification
            {
                Method = "maml",
                Kind = TaskKind.Regression,
                InputShape = [1],
                Outputs = 1,
            }
        );
        using AdaptedModel model = learner.Adapt([1f, 2], [0.5f, 1]);
        Assert.Equal([1, 3], Assert.Throws<QueryException>(() => model.Predict([0.5f, float.NaN, 1, float.PositiveInfinity])).Rows);
        Assert.All(model.Predict([0.5f, 1]), value => Assert.True(float.IsFinite(value)));
    }

    // Logits of −5e9 and less: the exponential of each is zero, and so is their sum.
    [Fact]
    public void A_query_far_from_every_class_has_probabilities_and_the_right_class()
    {
        using AdaptedModel model = Adapt("protonet", "mlp", [2], NormStatistics.Support);
        float[] far = model.Predict([1e6f, 0, -1e6f, 0, 1e6f, 1e6f]);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(1, far[2 * i] + far[(2 * i) + 1], 1e-6f));
        Assert.All(far, value => Assert.InRange(value, 0, 1));
    }

    private static AdaptedModel Adapt(string method, string network, int[] input, NormStatistics statistics)
    {
        Learner learner = Create(
            new LearnerSpecification
            {
                Method = method,
                Network = network,
                Channels = 4,
                InputShape = input,
                Outputs = 2,
                NormStatistics = statistics,
            }
        );
        return learner.Adapt(Random(4 * input.Aggregate((a, b) => a * b), 5), [0, 1, 0, 1]);
    }
}
