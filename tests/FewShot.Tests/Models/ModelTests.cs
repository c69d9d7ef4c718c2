using FewShot.Compute.Graphs;
using FewShot.Models;
using Xunit;

namespace FewShot.Tests.Models;

public class ModelTests
{
    [Fact]
    public void Conv4_has_the_parameters_and_sizes_of_the_papers()
    {
        Model model = Networks.Conv4(new Shape(28, 28, 1), 5);
        Assert.Equal(64, model.EmbeddingSize);
        Assert.Equal(["block1", "block2", "block3", "block4", "head"], model.Layers);
        Assert.Equal(new Shape(3, 3, 1, 64), model.Parameters[0].Shape);

        // 3·3·(1 + 3·64)·64 weights, scale and shift of four blocks, and a 64×5 head.
        Assert.Equal(
            (9 * 193 * 64) + (4 * 128) + (64 * 5) + 5,
            model.Parameters.Where(parameter => parameter.Trained).Sum(parameter => parameter.Shape.Count)
        );
    }

    [Fact]
    public void Conv4_refuses_small_images() =>
        Assert.Contains(
            "at least 16x16, got [15, 28, 1]",
            Assert.Throws<ShapeException>(() => Networks.Conv4(new Shape(15, 28, 1), 5)).Message
        );

    [Theory]
    [InlineData("head")]
    [InlineData("a.b")]
    [InlineData("")]
    public void A_layer_cannot_have_a_name_that_patterns_could_not_tell_apart(string name) =>
        Assert.Throws<ArgumentException>(() => new Model("m", new Shape(2), [(name, Activation.Relu)], 1));

    [Fact]
    public void Two_layers_cannot_have_one_name() =>
        Assert.Contains(
            "'a' cannot name",
            Assert
                .Throws<ArgumentException>(() => new Model("m", new Shape(2), [("a", Activation.Relu), ("a", Activation.Relu)], 1))
                .Message
        );

    [Fact]
    public void Kaiming_keeps_the_bound_and_the_variance_of_he()
    {
        float[] values = Draw(Initializer.Kaiming(), new Shape(3, 3, 64, 64));
        double bound = Math.Sqrt(6.0 / (9 * 64));
        Assert.All(values, value => Assert.InRange(value, -bound, bound));
        Assert.Equal(0, values.Average(), 1e-3);
        Assert.Equal(2.0 / (9 * 64), values.Average(value => (double)value * value), 1e-4);
    }

    [Fact]
    public void Glorot_keeps_the_bound_and_the_variance_of_glorot()
    {
        float[] values = Draw(Initializer.Glorot(), new Shape(300, 100));
        double bound = Math.Sqrt(6.0 / 400);
        Assert.All(values, value => Assert.InRange(value, -bound, bound));
        Assert.Equal(0, values.Average(), 2e-3);
        Assert.Equal(2.0 / 400, values.Average(value => (double)value * value), 2e-4);
    }

    [Fact]
    public void Initial_values_are_a_function_of_the_seed()
    {
        IReadOnlyList<ParameterSpecification> parameters = Networks.Mlp(new Shape(3), 2).Parameters;
        Assert.Equal(ParameterSet.Initialize(parameters, 5).Values, ParameterSet.Initialize(parameters, 5).Values);
        Assert.NotEqual(ParameterSet.Initialize(parameters, 5).Values, ParameterSet.Initialize(parameters, 6).Values);
    }

    [Fact]
    public void Unknown_parameters_are_named_with_those_there_are()
    {
        var set = new ParameterSet(new ParameterSpecification("a.weight", new Shape(2), Initializer.Constant(0)));
        Assert.Contains(
            "there is no parameter 'b'; there are: a.weight",
            Assert.Throws<KeyNotFoundException>(() => set["b"].ToArray()).Message
        );
    }

    private static float[] Draw(Initializer initializer, Shape shape) =>
        ParameterSet.Initialize([new ParameterSpecification("a.weight", shape, initializer)], 1).Values;
}
