using FewShot.Checking;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Methods.Patterns;

public class PatternTests
{
    private static readonly TaskShape s_shape = new(TaskKind.Classification, [16, 16, 1], 2, 2, 2);

    [Theory]
    [InlineData("anil", "head")]
    [InlineData("anil", "00001")]
    [InlineData("anil", "last1")]
    [InlineData("boil", "body")]
    [InlineData("boil", "11110")]
    [InlineData("maml", "11111")]
    [InlineData("maml", "11111;11111")]
    [InlineData("maml", "last5")]
    public void A_row_is_maml_with_a_pattern_to_the_bit(string row, string pattern)
    {
        Dictionary<string, double[]> expected = Gradients(row, null);
        Dictionary<string, double[]> actual = Gradients("maml", pattern);
        Assert.All(expected, pair => Assert.Equal(pair.Value, actual[pair.Key]));
        Assert.Contains(expected.Values, gradient => gradient.Any(value => value != 0));
    }

    [Fact]
    public void A_row_of_zeros_drops_the_step()
    {
        Graph dropped = Graphs("maml", "11111;00000;11111", 3).Training(s_shape);
        Graph two = Graphs("maml", null, 2).Training(s_shape);
        Assert.Equal(Programs.Needed(two).Count, Programs.Needed(dropped).Count);
    }

    [Fact]
    public void A_frozen_prefix_is_computed_once_whatever_the_number_of_steps()
    {
        // The head alone adapts: the four convolutions of the support set are all there is, with no gradient of any.
        Assert.Equal(4, Programs.Convolutions(Graphs("anil", null, 1).Adapt(2, 2)));
        Assert.Equal(4, Programs.Convolutions(Graphs("anil", null, 7).Adapt(2, 2)));

        // The last block and the head: three convolutions once, then one forward and one weight gradient a step.
        Assert.Equal(3 + (2 * 5), Programs.Convolutions(Graphs("maml", "00011", 5).Adapt(2, 2)));

        // All: four forward, four weight gradients and three data gradients a step.
        Assert.Equal(11 * 5, Programs.Convolutions(Graphs("maml", null, 5).Adapt(2, 2)));
    }

    /// <summary>Multiply-adds of the four convolutions on two images of 16×16 with 2 channels each, one forward pass.</summary>
    private static readonly long[] s_work = [2 * 16 * 16 * 9 * 2, 2 * 8 * 8 * 9 * 4, 2 * 4 * 4 * 9 * 4, 2 * 2 * 2 * 9 * 4];

    [Theory]
    [InlineData("head", 4, 0)]
    [InlineData("00011", 3, 2)]
    [InlineData("00111", 2, 5)]
    [InlineData("11111", 0, 11)]
    public void A_step_costs_the_multiply_adds_of_the_gradients_it_needs(string pattern, int frozen, int convolutions)
    {
        // Of the layers that change: forward, gradient of the weight, and gradient to the layer below unless that is frozen or the image.
        long[] changing = [.. s_work.Skip(frozen)];
        long step = (3 * changing.Sum()) - changing.FirstOrDefault();
        Assert.Equal(convolutions, Math.Max(0, (3 * changing.Length) - 1));
        long one = MultiplyAdds(1);
        Assert.InRange(one - s_work.Take(frozen).Sum() - step, 0, 50); // the rest is the head
        Assert.InRange(MultiplyAdds(2) - one - step, 0, 50);
        Assert.Equal(MultiplyAdds(2) - one, MultiplyAdds(5) - MultiplyAdds(4));

        long MultiplyAdds(int steps) => new SimdProgram(Graphs("maml", pattern, steps).Adapt(2, 2)).MultiplyAdds;
    }

    [Fact]
    public void First_order_has_no_convolution_beyond_the_gradients_of_each_step()
    {
        Assert.Equal(11 * (3 + 1), Programs.Convolutions(Graphs("fomaml", null, 3).Training(s_shape)));
        Assert.True(Programs.Convolutions(Graphs("maml", null, 3).Training(s_shape)) > 11 * 4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("last0")]
    [InlineData("lastx")]
    [InlineData("0101;01")]
    [InlineData("heads")]
    public void A_text_that_is_no_pattern_is_refused(string text) => Assert.Throws<FormatException>(() => Pattern.Parse(text));

    [Theory]
    [InlineData("000111", "pattern 000111 has 6 layers, the model 5")]
    [InlineData("11111;11111;11111", "pattern 11111;11111;11111 has 3 rows for 2 inner steps")]
    [InlineData("last9", "the model has only 5 layers")]
    public void A_pattern_that_does_not_fit_is_refused(string pattern, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => Graphs("maml", pattern, 2).Training(s_shape)).Message);

    [Fact]
    public void Rows_and_grid_agree()
    {
        Pattern pattern = Pattern.Of([false, true], [true, true]);
        Assert.Equal(Pattern.Parse("01;11"), pattern);
        Assert.Equal("01;11", pattern.ToString());
        Assert.Equal(
            [
                [false, true],
                [true, true],
            ],
            pattern.Grid(2, 2)
        );
        Assert.Equal(
            [
                [true, false],
            ],
            Pattern.BodyOnly.Grid(1, 2)
        );
    }

    private static TaskPrograms Graphs(string row, string? pattern, int steps) =>
        new(
            Catalogue.Create(row, new MethodOptions { InnerSteps = steps, Pattern = pattern is null ? null : Pattern.Parse(pattern) }),
            Networks.Conv4(new Shape(16, 16, 1), 2, channels: 2),
            TaskKind.Classification,
            NormStatistics.Query
        );

    private static Dictionary<string, double[]> Gradients(string row, string? pattern) =>
        new MethodCheckProblem(Graphs(row, pattern, 2), s_shape, seed: 1).MetaGradient();
}
