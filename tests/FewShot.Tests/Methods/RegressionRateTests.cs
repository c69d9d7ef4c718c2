using FewShot.Adaptation;
using FewShot.Methods;
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
        LearnerSpecification specification = new() { Method = method, Kind = TaskKind.Regression, InputShape = [1], Outputs = 1 };
        Assert.Equal(expected, Rate(specification));
        Assert.Equal(0.3, Rate(specification with { InnerRate = 0.3 }));
        Assert.NotEqual(expected, Rate(specification with { Kind = TaskKind.Classification }));
    }

    [Fact]
    public void Methods_without_inner_steps_stay_as_they_are() =>
        Assert.IsNotType<GradientDescent>(new LearnerSpecification { Method = "r2d2", Kind = TaskKind.Regression, InputShape = [1], Outputs = 1 }.CreateMethod().Adaptation);

    private static double Rate(LearnerSpecification specification) =>
        Assert.IsType<GradientDescent>(specification.CreateMethod().Adaptation).Rate.Initial;
}
