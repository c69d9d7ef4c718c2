using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Execution;

[Trait("Category", "Simd")]
public class FusedGraphTests
{
    [Fact]
    public void Element_wise_chain_with_every_kind_of_broadcast()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(6, 5, 7));
        Tensor trailing = graph.Input("trailing", new Shape(7));
        Tensor middle = graph.Input("middle", new Shape(5, 1));
        Tensor row = graph.Input("row", new Shape(6, 1, 1));
        Tensor scalar = graph.Input("scalar", new Shape());
        Tensor y = ((x + trailing) * row).Tanh() - (middle * x).Square() + scalar;
        graph.Output("y", y);
        graph.Output("sum", y.Sum());
        graph.Output("columns", y.Sum(0, 1));
        graph.Output("rows", y.Sum(1, 2));
        graph.Output("middle", y.Sum(0, 2));
        graph.Output("maximum", y.Max(-1));
        Agreement.Check(graph);
    }

    [Theory]
    [InlineData(7, false)]
    [InlineData(8, false)]
    [InlineData(7, true)]
    public void Second_derivatives_of_a_block_of_convolution_batch_norm_relu_and_pooling(int side, bool average)
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(3, side, side, 2));
        Tensor w = graph.Input("w", new Shape(3, 3, 2, 5));
        Tensor bias = graph.Input("bias", new Shape(5));
        Tensor scale = graph.Input("scale", new Shape(5));
        Tensor shift = graph.Input("shift", new Shape(5));
        Tensor v = graph.Input("v", new Shape(3, side / 2, side / 2, 5));
        // Without the bias: batch normalisation makes its derivatives zero, and rounding errors would be compared.
        Tensor[] parameters = [w, scale, shift];
        Tensor block = Block(x, w, bias, scale, shift);
        Tensor pooled = average ? block.AveragePool(2) : block.MaxPool(2);
        Tensor loss = (pooled.Square() * v).Sum() + pooled.Sigmoid().Mean();
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, parameters);
        Tensor of = gradients.Select(gradient => (gradient * gradient).Sum()).Aggregate((a, b) => a + b);
        IReadOnlyList<Tensor> second = Differentiate.Gradients(of, [.. parameters, x]);
        graph.Output("loss", loss);
        for (int i = 0; i < second.Count; i++)
        {
            graph.Output($"second {i}", second[i]);
        }

        Agreement.Check(graph, 2e-3);
    }

    internal static Tensor Block(Tensor x, Tensor w, Tensor bias, Tensor scale, Tensor shift)
    {
        Tensor y = x.Convolve(w, 1, 1) + bias;
        Tensor mean = y.Mean(0, 1, 2);
        Tensor centred = y - mean;
        Tensor variance = centred.Square().Mean(0, 1, 2);
        return ((centred * (variance + 1e-5).Power(-0.5) * scale) + shift).Relu();
    }
}
