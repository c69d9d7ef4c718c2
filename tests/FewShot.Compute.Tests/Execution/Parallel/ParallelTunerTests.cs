using FewShot.Compute.Execution.Parallel;
using Xunit;

namespace FewShot.Compute.Tests.Execution.Parallel;

public class ParallelTunerTests
{
    [Theory]
    [InlineData(1.0, 2.0, true)]
    [InlineData(2.0, 1.0, false)]
    public void The_faster_way_is_taken_after_a_few_turns_and_the_other_tried_now_and_then(double shared, double alone, bool expected)
    {
        ParallelTuner choice = new ParallelTuner();
        Run(choice, 10, shared, alone);
        int others = Enumerable.Range(0, 1000).Count(_ => Run(choice, 1, shared, alone) != expected);
        Assert.Equal(20, others);
    }

    [Fact]
    public void It_changes_when_the_other_way_becomes_faster()
    {
        ParallelTuner choice = new ParallelTuner();
        Run(choice, 50, 1, 2);
        Assert.True(choice.Next());

        // Another program takes the second core.
        Run(choice, 100, 4, 2);
        Assert.False(choice.Next());

        // And gives it back.
        Run(choice, 200, 1, 2);
        Assert.True(choice.Next());
    }

    [Fact]
    public void One_interrupted_run_changes_nothing()
    {
        ParallelTuner choice = new ParallelTuner();
        Run(choice, 10, 1, 2);
        choice.Took(choice.Next(), 3);
        Assert.True(choice.Next());
    }

    private static bool Run(ParallelTuner choice, int runs, double shared, double alone)
    {
        bool shares = false;
        for (int i = 0; i < runs; i++)
        {
            shares = choice.Next();
            choice.Took(shares, shares ? shared : alone);
        }

        return shares;
    }
}
