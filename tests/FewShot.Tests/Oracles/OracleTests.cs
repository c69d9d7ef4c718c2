using FewShot.Methods;
using Xunit;

namespace FewShot.Tests.Oracles;

/// <summary>
/// The product beside oracles that share nothing with it: the methods' formulas in PyTorch, in double, closed forms in another form than
/// ours. Training is compared through its program in double, use through <see cref="Learner"/> in single precision.
/// </summary>
public sealed class OracleTests(OracleBatch batch) : IClassFixture<OracleBatch>
{
    private const double TrainingTolerance = 1e-9;
    private const double SingleTolerance = 1e-4;

    /// <summary>Optimisers and weights work in single precision.</summary>
    private const double OuterTolerance = 1e-5;

    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Fact]
    public async Task Every_row_of_the_catalogue_has_an_oracle()
    {
        PyTorch.Require();
        Assert.Equal(Catalogue.Names.Order(), (await batch.Rows()).Order());
        Assert.All(Catalogue.Names, row => Assert.NotEmpty(batch.Of(row)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Meta_gradients_losses_and_answers_of_a_row_are_those_of_its_oracle(string row)
    {
        PyTorch.Require();
        var errors = new List<LearnerErrors>();
        var faults = new List<string>();
        foreach (LearnerCase learner in batch.Of(row))
        {
            LearnerErrors error = learner.Compare(await batch.Oracle(learner));
            errors.Add(error);
            if (!(error.Gradient <= learner.GradientTolerance && error.Training <= TrainingTolerance && error.Use <= SingleTolerance))
            {
                faults.Add(
                    $"{learner.Name}: meta-gradient {error.Gradient:0.0E+0}, loss and answers {error.Training:0.0E+0}, "
                        + $"adapt and predict {error.Use:0.0E+0}"
                );
            }
        }

        batch.Enter(row, errors);
        Assert.True(
            faults.Count == 0,
            $"{faults.Count} of {errors.Count} cases of {row} differ from the oracle:\n{string.Join('\n', faults)}"
        );
    }

    [Fact]
    public async Task Optimizers_schedules_and_clipping_are_those_of_PyTorch()
    {
        PyTorch.Require();
        foreach (OuterUpdateCase update in batch.Updates)
        {
            double error = update.Compare(await batch.Oracle(update));
            Assert.True(error <= OuterTolerance, $"{update.Name}: off by {error:0.0E+0}");
        }
    }

    [Fact]
    public async Task Task_weights_are_those_of_all_inner_products()
    {
        PyTorch.Require();
        foreach (WeightingCase weighting in batch.Weightings)
        {
            double error = weighting.Compare(await batch.Oracle(weighting));
            Assert.True(error <= OuterTolerance, $"{weighting.Name}: off by {error:0.0E+0}");
        }
    }
}
