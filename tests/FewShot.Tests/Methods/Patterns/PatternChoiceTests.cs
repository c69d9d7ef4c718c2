using FewShot.Evaluation;
using FewShot.Methods.Patterns;
using Xunit;

namespace FewShot.Tests.Methods.Patterns;

public sealed class PatternChoiceTests
{
    // Two steps, three layers; accuracies and times are planted.
    private static readonly PatternMeasurement[] s_planted =
    [
        Measured("111;111", 0.90, 10, 2),
        Measured("001;001", 0.893, 4, 2),
        Measured("011;001", 0.905, 6, 2),
        Measured("001;000", 0.88, 2, 1),
        Measured("111;000", 0.85, 5, 1),
        Measured("000;001", 0.892, 3, 1),
    ];

    [Theory]
    [InlineData(0, "011;001")]
    [InlineData(0.01, "000;001")]
    [InlineData(0.03, "001;000")]
    public void The_fastest_within_the_tolerance_is_chosen(double tolerance, string expected) =>
        Assert.Equal(expected, PatternChoice.Among(s_planted, 2, 3, tolerance).Chosen.Pattern.ToString());

    [Fact]
    public void References_front_and_speedup_are_those_of_the_table()
    {
        PatternChoice choice = PatternChoice.Among(s_planted, 2, 3, 0.01);
        Assert.Equal("111;111", choice.AllOnes.Pattern.ToString());
        Assert.Equal("111;000", choice.AllOnesOneStep.Pattern.ToString());
        Assert.Equal("000;001", choice.BestOneStep.Pattern.ToString());
        Assert.Equal(10.0 / 3, choice.Speedup, 1e-12);
        Assert.Equal(["001;000", "000;001", "001;001", "011;001"], choice.Front.Select(entry => entry.Pattern.ToString()));
    }

    private static PatternMeasurement Measured(string pattern, double accuracy, double milliseconds, int activeSteps) =>
        new(Pattern.Parse(pattern), new Interval(accuracy, 0.001), milliseconds, 0, activeSteps);
}
