using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Models;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Methods;

/// <summary>The rows' own step sizes are for cross-entropy; on squared errors they diverge at once.</summary>
public class RegressionRateTests
{
    [Theory]
    [InlineData("maml", 0.01)]
    [InlineData("meta-sgd", 0.01)]
    [InlineData("anil", 0.001)]
    [InlineData("mrml", 0.001)]
    [InlineData("imaml", 0.001)]
    public void Regression_has_smaller_steps_unless_they_are_set(string method, double expected)
    {
        LearnerSpecification specification = new()
        {
            Method = method,
            Kind = TaskKind.Regression,
            InputShape = [1],
            Outputs = 1,
        };
        Assert.Equal(expected, Rate(specification));
        Assert.Equal(0.3, Rate(specification with { InnerRate = 0.3 }));
        Assert.NotEqual(expected, Rate(specification with { Kind = TaskKind.Classification }));
    }

    [Theory]
    [InlineData("maml", 1, 0.001)]
    [InlineData("maml", 5, 0.005)]
    [InlineData("maml", 20, 0.01)]
    [InlineData("mrml", 1, 0.001)]
    [InlineData("imaml", 5, 0.0005)]
    [InlineData("meta-rkhs-i", 10, 0.0001)]
    public void Fewer_shots_take_smaller_steps(string method, int shots, double expected) =>
        Assert.Equal(
            expected,
            Rate(
                new()
                {
                    Method = method,
                    Kind = TaskKind.Regression,
                    InputShape = [1],
                    Outputs = 1,
                    Shots = shots,
                }
            ),
            1e-12
        );

    [Fact]
    public void Learners_stored_without_shots_keep_their_step_size() =>
        Assert.Equal(
            0.1,
            Rate(
                new()
                {
                    Method = "meta-rkhs-i",
                    InputShape = [3],
                    Outputs = 5,
                }
            )
        );

    [Theory]
    [InlineData("meta-rkhs-i", 3, 0.01)]
    [InlineData("meta-rkhs-i", 28, 0.1)]
    public void The_energy_takes_smaller_steps_where_nothing_is_normalised(string method, int size, double expected) =>
        Assert.Equal(
            expected,
            Rate(
                new()
                {
                    Method = method,
                    InputShape = size == 28 ? [28, 28, 1] : [size],
                    Outputs = 5,
                    Shots = 1,
                }
            ),
            1e-12
        );

    [Fact]
    public void A_learned_step_size_moves_in_proportion_to_its_size_but_where_it_was_stored_otherwise()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml++",
            Kind = TaskKind.Regression,
            InputShape = [1],
            Outputs = 1,
            Shots = 1,
        };
        Assert.Equal(0.001, Rate(specification), 1e-12);
        Assert.Equal(0.1, First(specification), 1e-6);
        Assert.Equal(0.01, First(specification with { Shots = null }), 1e-6);

        static double First(LearnerSpecification specification) =>
            ParameterSet.Initialize(specification.CreateMethod().MetaParameters(specification.CreateModel()), 1)["inner_rate.step0.head"][
                0
            ];
    }

    [Fact]
    public void Methods_without_inner_steps_stay_as_they_are() =>
        Assert.IsNotType<GradientDescent>(
            new LearnerSpecification
            {
                Method = "r2d2",
                Kind = TaskKind.Regression,
                InputShape = [1],
                Outputs = 1,
            }
                .CreateMethod()
                .Adaptation
        );

    private static double Rate(LearnerSpecification specification) =>
        Assert.IsType<GradientDescent>(specification.CreateMethod().Adaptation).Rate.Initial;
}
