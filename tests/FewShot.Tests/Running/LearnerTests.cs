using FewShot.Methods;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Tests.Storage;
using Xunit;
using static FewShot.Tests.Running.Learners;

namespace FewShot.Tests.Running;

public class LearnerTests
{
    private static readonly float[] s_support = Random(6 * 256, 1);
    private static readonly int[] s_labels = [0, 0, 1, 1, 2, 2];
    private static readonly float[] s_queries = Random(5 * 256, 2);

    [Theory]
    [InlineData("maml", NormStatistics.Query)]
    [InlineData("maml", NormStatistics.Support)]
    [InlineData("maml++", NormStatistics.Running)]
    [InlineData("r2d2", NormStatistics.Support)]
    [InlineData("protonet", NormStatistics.Query)]
    [InlineData("protonet-cosine", NormStatistics.Running)]
    public void Probabilities_of_every_class_for_every_query(string method, NormStatistics statistics)
    {
        using AdaptedModel model = Conv(method, statistics).Adapt(s_support, s_labels, ["a", "b", "c"]);
        float[] probabilities = model.Predict(s_queries);
        Assert.Equal(3, model.Ways);
        Assert.Equal(["a", "b", "c"], model.ClassNames);
        Assert.Equal(15, probabilities.Length);
        for (int query = 0; query < 5; query++)
        {
            Assert.Equal(1, probabilities.AsSpan(query * 3, 3).ToArray().Sum(), 1e-5f);
        }

        int[] classes = model.Classify(s_queries);
        Assert.All(
            Enumerable.Range(0, 5),
            query => Assert.Equal(probabilities.AsSpan(query * 3, 3).ToArray().Max(), probabilities[(query * 3) + classes[query]])
        );
    }

    [Theory]
    [InlineData(NormStatistics.Support, true)]
    [InlineData(NormStatistics.Running, true)]
    [InlineData(NormStatistics.Query, false)]
    public void An_answer_depends_on_the_other_queries_under_query_statistics_alone(NormStatistics statistics, bool independent)
    {
        using AdaptedModel model = Conv("maml", statistics).Adapt(s_support, s_labels);
        float[] together = model.Predict(s_queries);
        float difference = 0;
        for (int query = 0; query < 5; query++)
        {
            float[] alone = model.Predict(s_queries.AsSpan(query * 256, 256));
            difference = Math.Max(difference, alone.Zip(together.AsSpan(query * 3, 3).ToArray(), (a, b) => Math.Abs(a - b)).Max());
        }

        Assert.True(independent ? difference < 1e-5 : difference > 1e-3, $"difference {difference}");
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void One_query_alone_gets_the_answer_it_gets_among_others_by_default(string row)
    {
        using AdaptedModel model = Create(
                new LearnerSpecification
                {
                    Method = row,
                    Network = "conv4",
                    Channels = 4,
                    InputShape = [16, 16, 1],
                    Outputs = 3,
                }
            )
            .Adapt(s_support, s_labels);
        float[] together = model.Predict(s_queries);
        for (int query = 0; query < 5; query++)
        {
            float[] alone = model.Predict(s_queries.AsSpan(query * 256, 256));
            Assert.All(alone.Zip(together.AsSpan(query * 3, 3).ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }
    }

    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Fact]
    public void Fewer_queries_than_the_learner_was_measured_with_are_told_under_query_statistics()
    {
        LearnerSpecification query = ConvSpecification("protonet", NormStatistics.Query);
        Assert.Null(Caution(query with { QueryCount = 5 }, 5));
        Assert.Contains("4 are asked, and the learner was measured with 5", Caution(query with { QueryCount = 5 }, 4));
        Assert.Contains("1 is asked", Caution(query with { QueryCount = 5 }, 1));
        Assert.Contains("2 are asked, fewer than there are classes", Caution(query, 2));
        Assert.Null(Caution(query, 3));
        Assert.Null(Caution(query with { QueryCount = 5, NormStatistics = NormStatistics.Support }, 1));
        Assert.Null(Caution(query with { QueryCount = 5, Network = "mlp" }, 1));

        static string? Caution(LearnerSpecification specification, int queries)
        {
            using AdaptedModel model = Create(specification).Adapt(s_support, s_labels);
            return model.WarningFor(queries);
        }
    }

    [Fact]
    public void More_queries_than_one_program_answers_are_answered_in_turns()
    {
        using AdaptedModel model = Conv("protonet", NormStatistics.Support).Adapt(s_support, s_labels);
        float[] many = Random(70 * 256, 3);
        float[] answers = model.Predict(many);
        Assert.Equal(210, answers.Length);
        Assert.All(
            model.Predict(many.AsSpan(69 * 256, 256)).Zip(answers.AsSpan(69 * 3, 3).ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f)
        );
    }

    [Fact]
    public void A_method_without_a_head_adapts_to_any_number_of_classes_and_unequal_counts()
    {
        Learner learner = Conv("protonet", NormStatistics.Support);
        using AdaptedModel three = learner.Adapt(s_support, s_labels);
        using AdaptedModel two = learner.Adapt(s_support, [0, 1, 1, 1, 1, 1]);
        using AdaptedModel six = learner.Adapt(s_support, [5, 4, 3, 2, 1, 0]);
        Assert.Equal([15, 10, 30], new[] { three, two, six }.Select(model => model.Predict(s_queries).Length));
        Assert.Equal([5, 4, 3, 2, 1, 0], six.Classify(s_support));
    }

    [Fact]
    public void A_head_of_more_classes_serves_fewer()
    {
        using AdaptedModel model = Conv("maml", NormStatistics.Support).Adapt(s_support, [0, 0, 0, 1, 1, 1]);
        float[] probabilities = model.Predict(s_queries);
        Assert.Equal(10, probabilities.Length);
        Assert.Equal(1, probabilities[0] + probabilities[1], 1e-5f);
    }

    [Fact]
    public void Regression_answers_values()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml",
            Kind = TaskKind.Regression,
            InputShape = [2],
            Outputs = 2,
            Hidden = [8],
        };
        Learner learner = Create(specification);
        using AdaptedModel model = learner.Adapt([1, 2, 3, 4, 5, 6], [1f, -1, 2, -2, 3, -3]);
        Assert.Equal(8, model.Predict(Random(8, 4)).Length);
        Assert.Contains("fits values", Message(() => learner.Adapt([1, 2], new[] { 0 })));
        Assert.Contains("3 target values do not make whole examples of 2", Message(() => learner.Adapt([1, 2, 3, 4], [1f, 2, 3])));
        Assert.Contains("classifies: give labels", Message(() => Conv("maml", NormStatistics.Query).Adapt([1, 2], [1f])));
    }

    [Fact]
    public void Bad_support_sets_are_refused_with_what_is_wrong()
    {
        Learner maml = Conv("maml", NormStatistics.Query);
        Assert.Contains("label -1 is negative", Message(() => maml.Adapt(s_support, [0, 0, 1, 1, -1, 2])));
        Assert.Contains("label 2147483647 among 6 examples", Message(() => maml.Adapt(s_support, [0, 0, 1, 1, int.MaxValue, 2])));
        Assert.Contains("class 1 has no support example", Message(() => maml.Adapt(s_support, [0, 0, 2, 2, 2, 2])));
        Assert.Contains("at least 2 classes", Message(() => maml.Adapt(s_support, [0, 0, 0, 0, 0, 0])));
        Assert.Contains(
            "names 4 classes; maml was trained with a head for 3: train with TaskOptions.Ways 4",
            Message(() => maml.Adapt(s_support, [0, 0, 1, 1, 2, 3])).Replace("the labels name", "names")
        );
        Assert.Contains(
            "1535 input values do not make 6 examples of [16, 16, 1]",
            Message(() => maml.Adapt(s_support.AsSpan(1), s_labels))
        );
        Assert.Contains("1 names for 3 classes", Message(() => maml.Adapt(s_support, s_labels, ["a"])));
        float[] broken = [.. s_support];
        broken[300] = float.NaN;
        Assert.Contains("value 300 of inputs, in support example 1 counted from 0, is NaN", Message(() => maml.Adapt(broken, s_labels)));
        Learner plain = Create(
            new LearnerSpecification
            {
                Method = "maml",
                InputShape = [1],
                Outputs = 2,
            }
        );
        Assert.Contains("adaptation diverged; scale the inputs as in training", Message(() => plain.Adapt([1e30f, -2e30f], [0, 1])));
        using AdaptedModel model = maml.Adapt(s_support, s_labels);
        Assert.Contains("257 values do not make whole examples of [16, 16, 1]", Message(() => model.Predict(s_queries.AsSpan(0, 257))));
        Assert.Contains("0 values", Message(() => model.Predict([])));
    }

    [Fact]
    public void Parameters_of_another_network_are_refused()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml",
            Network = "mlp",
            InputShape = [2],
            Outputs = 2,
            Hidden = [8],
        };
        ParameterSet other = Create(specification with { Hidden = [9] }).Parameters;
        Assert.Contains("layer1.linear.weight [2, 8]", Message(() => new Learner(specification, other)));
    }

    [Theory]
    [InlineData("maml", NormStatistics.Query)]
    [InlineData("r2d2", NormStatistics.Running)]
    [InlineData("protonet", NormStatistics.Support)]
    public void A_saved_learner_and_a_saved_model_answer_the_same_bits(string method, NormStatistics statistics)
    {
        using var folder = new TemporaryFolder();
        Learner learner = Conv(method, statistics);
        learner.Save(folder["learner.safetensors"]);
        using AdaptedModel model = learner.Adapt(s_support, s_labels, ["a", "ß", "c\""]);
        using AdaptedModel again = Learner.Load(folder["learner.safetensors"]).Adapt(s_support, s_labels);
        Assert.Equal(model.Predict(s_queries), again.Predict(s_queries));
        model.Save(folder["model.safetensors"]);
        using AdaptedModel loaded = AdaptedModel.Load(folder["model.safetensors"]);
        Assert.Equal(model.Predict(s_queries), loaded.Predict(s_queries));
        Assert.Equal(model.ClassNames, loaded.ClassNames);
        Assert.Equal(model.Definition, loaded.Definition);
    }

    [Fact]
    public void Files_of_something_else_are_refused()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Conv("maml", NormStatistics.Query);
        learner.Save(folder["learner.safetensors"]);
        using AdaptedModel model = learner.Adapt(s_support, s_labels);
        model.Save(folder["model.safetensors"]);
        Assert.Throws<StorageException>(() => Learner.Load(folder["model.safetensors"]));
        Assert.Throws<StorageException>(() => AdaptedModel.Load(folder["learner.safetensors"]));
        Assert.Throws<StorageException>(() => Learner.Load(folder["nothing"]));

        // A model whose tensors are not those of its learner.
        SafetensorsFile file = Safetensors.Read(folder["model.safetensors"]);
        Safetensors.Write(folder["short.safetensors"], [.. file.Tensors.Skip(1)], new Dictionary<string, string>(file.Metadata));
        Assert.Contains(
            "is no adapted model of its learner",
            Assert.Throws<StorageException>(() => AdaptedModel.Load(folder["short.safetensors"])).Message
        );

        // A checkpoint of another width.
        Checkpoint checkpoint = Checkpoint.Read(folder["learner.safetensors"]);
        var other = new Dictionary<string, string>
        {
            ["learner"] = (ConvSpecification("maml", NormStatistics.Query) with { Channels = 5 }).ToJson().ToJsonString(),
        };
        (checkpoint with { Metadata = other }).Write(folder["other.safetensors"]);
        Assert.Contains(
            "checkpoint of another model",
            Assert.Throws<StorageException>(() => Learner.Load(folder["other.safetensors"])).Message
        );
    }

    [Fact]
    public void Threads_may_predict_and_adapt_at_once()
    {
        Learner learner = Conv("maml", NormStatistics.Support);
        using AdaptedModel model = learner.Adapt(s_support, s_labels);
        float[] expected = model.Predict(s_queries);
        Parallel.For(
            0,
            24,
            new ParallelOptions { MaxDegreeOfParallelism = 6 },
            i =>
            {
                Assert.Equal(expected, model.Predict(s_queries));
                if (i % 6 == 0)
                {
                    using AdaptedModel own = learner.Adapt(s_support, s_labels);
                    Assert.Equal(expected, own.Predict(s_queries));
                }
            }
        );
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit_and_must_be_one_at_least()
    {
        Learner learner = Create(ConvSpecification("maml", NormStatistics.Query) with { Channels = 64, InnerSteps = 2 });
        learner.Threads = 1;
        using AdaptedModel one = learner.Adapt(s_support, s_labels);
        var shared = new Learner(learner.Definition, learner.Parameters) { Threads = 3 };
        for (int repetition = 0; repetition < 3; repetition++)
        {
            using AdaptedModel several = shared.Adapt(s_support, s_labels);
            Assert.Equal(3, several.Threads);
            Assert.Equal(one.Predict(s_queries), several.Predict(s_queries));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => learner.Threads = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Threads = 0);
    }

    [Fact]
    public void A_disposed_model_does_not_answer()
    {
        AdaptedModel model = Conv("protonet", NormStatistics.Support).Adapt(s_support, s_labels);
        model.Predict(s_queries);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.Predict(s_queries));
    }

    /// <summary>
    /// Prototypes at 0, 2 and 10,000 of a network that passes numbers on: (q - 2)² - q² = 2.164 for q = 0.459, and 1 / (1 + e^-2.164) =
    /// 0.8970.
    /// </summary>
    [Theory]
    [InlineData(1e4)]
    [InlineData(1e7)]
    public void A_class_far_away_does_not_blur_those_near_the_query(float far)
    {
        Learner learner = Create(
            new LearnerSpecification
            {
                Method = "protonet",
                Network = "mlp",
                InputShape = [2],
                Outputs = 3,
                Hidden = [2],
            }
        );
        ((float[])[1, 0, 0, 1]).CopyTo(learner.Parameters["layer1.linear.weight"]);
        learner.Parameters["layer1.linear.bias"].Clear();
        using AdaptedModel model = learner.Adapt([0, 0, 2, 0, far, far], [0, 1, 2]);
        float[] answers = model.Predict([0.459f, 0]);
        Assert.Equal(0.8970, answers[0], 1e-4);
        Assert.Equal(0.1030, answers[1], 1e-4);
        Assert.Equal(0, answers[2]);
    }

    /// <summary>The same on drawn weights of two hidden layers, against plain loops in double.</summary>
    [Fact]
    public void A_far_class_is_answered_as_plain_loops_in_double_answer_it()
    {
        const int size = 16;
        Learner learner = Create(
            new LearnerSpecification
            {
                Method = "protonet",
                Network = "mlp",
                InputShape = [size],
                Outputs = 3,
                Hidden = [24, 12],
            }
        );
        float[] support = Random(3 * size, 5),
            queries = Random(4 * size, 6);
        for (int i = 2 * size; i < 3 * size; i++)
        {
            support[i] = 1e4f * (1 + support[i]);
        }

        using AdaptedModel model = learner.Adapt(support, [0, 1, 2]);
        float[] answers = model.Predict(queries);
        double[][] prototypes = [.. support.Chunk(size).Select(Embed)];
        foreach ((float[] query, float[] answer) in queries.Chunk(size).Zip(answers.Chunk(3)))
        {
            double[] embedding = Embed(query);
            double[] distances = [.. prototypes.Select(prototype => prototype.Zip(embedding, (a, b) => (a - b) * (a - b)).Sum())];
            double[] weights = [.. distances.Select(distance => Math.Exp(distances.Min() - distance))];
            Assert.All(weights.Zip(answer), pair => Assert.Equal(pair.First / weights.Sum(), pair.Second, 1e-4));
        }

        double[] Embed(float[] input)
        {
            double[] values = [.. input.Select(value => (double)value)];
            foreach (string layer in (string[])["layer1", "layer2"])
            {
                float[] weight = learner.Parameters[$"{layer}.linear.weight"].ToArray(),
                    bias = learner.Parameters[$"{layer}.linear.bias"].ToArray();
                values =
                [
                    .. bias.Select(
                        (start, j) => Math.Max(0, values.Select((value, i) => value * weight[(i * bias.Length) + j]).Sum() + start)
                    ),
                ];
            }

            return values;
        }
    }

    private static Learner Conv(string method, NormStatistics statistics) => Create(ConvSpecification(method, statistics));

    private static LearnerSpecification ConvSpecification(string method, NormStatistics statistics) =>
        new()
        {
            Method = method,
            Channels = 4,
            InputShape = [16, 16, 1],
            Outputs = 3,
            NormStatistics = statistics,
        };

    private static string Message(Action action) => Assert.ThrowsAny<ArgumentException>(action).Message;
}
