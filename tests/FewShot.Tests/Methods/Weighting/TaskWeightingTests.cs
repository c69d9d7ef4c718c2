using FewShot.Data;
using FewShot.Methods;
using FewShot.Methods.Weighting;
using FewShot.Studies;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Methods.Weighting;

public class TaskWeightingTests
{
    // Three gradients of two numbers: two agree, one is against both.
    private static readonly float[] s_gradients = [2, 0, 1, 1, -1, 0];
    private static readonly float[] s_losses = [1, 2, 4];

    [Fact]
    public void Agreement_is_the_inner_product_with_the_sum()
    {
        // The sum is (2, 1); the products are 4, 3 and −2.
        Assert.Equal([4f / 9, 3f / 9, 0], Weigh(new GradientAgreement()));
        Assert.Equal([4f / 9, 3f / 9, -2f / 9], Weigh(new GradientAgreement(double.NegativeInfinity)));
        Assert.Equal([4f / 9, 3f / 9, 0.5f / 3], Weigh(new GradientAgreement(0.5)));
    }

    [Fact]
    public void Gradients_that_cancel_count_all_the_same()
    {
        float[] weights = new float[2];
        new GradientAgreement().Weigh([1, 2, -1, -2], [1, 1], weights);
        Assert.Equal([0.5f, 0.5f], weights);
        new SimilaritySoftmax().Weigh([1, 2, -1, -2], [1, 1], weights);
        Assert.Equal([0.5f, 0.5f], weights);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    public void Similarity_is_the_softmax_of_the_cosine_with_the_mean_direction(double temperature)
    {
        // The directions are (1, 0), (1, 1)/√2 and (−1, 0): their sum is the second of them.
        double[] scores = [Math.Sqrt(0.5), 1, -Math.Sqrt(0.5)];
        AssertSoftmax(scores, temperature, Weigh(new SimilaritySoftmax(temperature)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-3)]
    public void Loss_weights_are_the_softmax_of_the_losses(double temperature) =>
        AssertSoftmax([.. s_losses.Select(loss => (double)loss)], temperature, Weigh(new LossSoftmax(temperature)));

    [Fact]
    public void Every_row_takes_every_weighting()
    {
        Assert.All(
            Catalogue.Names,
            name =>
                Assert.All(
                    Enum.GetValues<TaskWeightingKind>(),
                    kind => Assert.Equal(TaskWeighting.Of(kind), Catalogue.Create(name, new MethodOptions { Weighting = kind }).Weighting)
                )
        );
        Assert.Equal(new SimilaritySoftmax(2), Catalogue.Create("amfs", new MethodOptions { WeightingTemperature = 2 }).Weighting);
        Assert.Equal(
            new GradientAgreement(-1),
            Catalogue.Create("anil", new MethodOptions { Weighting = TaskWeightingKind.Agreement, WeightingFloor = -1 }).Weighting
        );
    }

    [Fact]
    public void A_value_that_a_weighting_has_not_is_refused()
    {
        Assert.Contains("uniform task weighting has no temperature", Refusal(new MethodOptions { WeightingTemperature = 1 }));
        Assert.Contains("uniform task weighting has no floor", Refusal(new MethodOptions { WeightingFloor = 0 }));
        Assert.Contains(
            "gradient agreement task weighting has no temperature",
            Refusal(new MethodOptions { Weighting = TaskWeightingKind.Agreement, WeightingTemperature = 1 })
        );
        Assert.Contains(
            "similarity softmax task weighting has no floor",
            Refusal(new MethodOptions { Weighting = TaskWeightingKind.Similarity, WeightingFloor = 0 })
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimilaritySoftmax(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossSoftmax(0));

        static string Refusal(MethodOptions options) => Assert.Throws<ArgumentException>(() => Catalogue.Create("maml", options)).Message;
    }

    /// <summary>Some hundred iterations are enough to tell the tasks whose queries contradict their support set from the others.</summary>
    [Theory]
    [InlineData(TaskWeightingKind.Similarity, 0.2)]
    [InlineData(TaskWeightingKind.Loss, -1)]
    public void Conflicting_tasks_lose_their_weight(TaskWeightingKind kind, double temperature)
    {
        const int iterations = 800;
        const int batch = 16;
        var source = new ConflictingTasks(new SinusoidTasks(new TaskOptions { Shots = 10, QueriesPerClass = 15 }), 0.3);
        var specification = new LearnerSpecification
        {
            Method = "r2d2",
            Kind = TaskKind.Regression,
            InputShape = [1],
            Outputs = 1,
            Weighting = kind,
            WeightingTemperature = temperature,
        };
        var options = new TrainingOptions
        {
            Iterations = iterations,
            MetaBatch = batch,
            ValidateEvery = iterations,
            ValidationEpisodes = 1,
        };
        using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
        (double Sum, int Count)[] weights = new (double, int)[2];
        trainer.Run(progress: progress =>
        {
            for (int task = 0; task < batch && progress.Iteration > iterations / 2; task++)
            {
                int side = source.Conflicts(Split.Train, 1, ((progress.Iteration - 1) * batch) + task) ? 1 : 0;
                weights[side] = (weights[side].Sum + trainer.TaskWeights[task], weights[side].Count + 1);
            }
        });
        (double others, double conflicting) = (weights[0].Sum / weights[0].Count, weights[1].Sum / weights[1].Count);
        Assert.True(conflicting < 0.8 * others, $"{conflicting} for conflicting tasks, {others} for the others");
    }

    private static float[] Weigh(TaskWeighting weighting)
    {
        float[] weights = new float[3];
        weighting.Weigh(s_gradients, s_losses, weights);
        return weights;
    }

    private static void AssertSoftmax(double[] scores, double temperature, float[] weights)
    {
        double[] powers = [.. scores.Select(score => Math.Exp(score / temperature))];
        Assert.All(powers.Zip(weights), pair => Assert.Equal(pair.First / powers.Sum(), pair.Second, 1e-6));
    }
}
