using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Simplification;
using FewShot.Compute.Tests.Execution;
using Xunit;

namespace FewShot.Compute.Tests.Simplification;

/// <summary>Each rewrite: that it happens, and that it changes no number.</summary>
[Trait("Category", "Simd")]
public class SimplifierTests
{
    private readonly Graph _graph = new();

    [Fact]
    public void Convolutions_that_share_images_or_weights_become_one()
    {
        Tensor x = In(2, 5, 5, 3);
        Tensor y = In(2, 5, 5, 3);
        Tensor v = In(3, 3, 3, 4);
        Tensor w = In(3, 3, 3, 4);
        Assert.Equal(1, Count<Convolution>(x.Convolve(v, 1, 1) + x.Convolve(w, 1, 1)));
        Assert.Equal(1, Count<Convolution>(x.Convolve(v, 1, 1) - y.Convolve(v, 1, 1)));
        Assert.Equal(2, Count<Convolution>(x.Convolve(v, 1, 1) + y.Convolve(w, 1, 1)));
        Assert.Equal(2, Count<Convolution>(x.Convolve(v, 1, 1) + x.Convolve(v, 1, 0).Sum()));
        Agreement.Check(_graph);
    }

    [Fact]
    public void A_product_that_others_read_is_not_joined()
    {
        Tensor x = In(4, 3);
        Tensor v = In(3, 5);
        Tensor w = In(3, 5);
        Tensor first = x.MatrixMultiply(v);
        Assert.Equal(2, Count<MatrixProduct>(first + x.MatrixMultiply(w), first.Tanh()));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Products_with_the_same_transposed_factor_share_its_turned_copy()
    {
        Tensor w = In(5, 3);
        Tensor first = In(4, 3).MatrixMultiply(w, transposeB: true);
        Tensor second = In(3, 6).MatrixMultiply(w, transposeA: true, transposeB: true);
        Assert.Equal(1, Count<TurnWeights>(first, second));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Products_inside_longer_sums_are_joined()
    {
        Tensor x = In(4, 3);
        Tensor[] weights = [In(3, 5), In(3, 5), In(3, 5)];
        Tensor sum = x.MatrixMultiply(weights[0]) + In(4, 5) - x.MatrixMultiply(weights[1]) + x.MatrixMultiply(weights[2]);
        Assert.Equal(1, Count<MatrixProduct>(sum));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Terms_that_differ_by_a_factor_become_one()
    {
        Tensor x = In(6, 5);
        Tensor a = In(5);
        Tensor b = In(5);
        Assert.Equal(1, Simplified((x * a) + (x * b) - (x * 3)).Nodes.Count(node => node.Operation is Multiply && node.Shape.Count == 30));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Repeated_values_are_combined_before_they_are_repeated()
    {
        Tensor x = In(6, 5);
        Tensor a = In(5);
        Tensor b = In(1, 5);
        Tensor row = In(6, 1);
        Graph result = Simplified(x * a * 2 * b, (x / a.Square()).Tanh(), (a.BroadcastTo(new Shape(6, 5)) + b).Exp() * x, x * row * a);
        Assert.DoesNotContain(result.Nodes, node => node.Operation is Exp or Divide && node.Shape.Count == 30);
        Assert.Equal(5, result.Nodes.Count(node => node.Operation is Multiply && node.Shape.Count == 30));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Deviations_from_the_mean_sum_to_nothing()
    {
        Tensor x = In(6, 4, 5);
        Tensor centred = x - x.Mean(0, 1);
        Tensor scale = In(5);
        Tensor g = In(6, 4, 5);
        Assert.Equal(0, Count<Sum>(centred.Sum(0, 1)));
        Assert.Equal(
            3,
            Simplified(centred.Sum(0, 1), g.Sum(0, 1), ((g * scale) + (centred * 2)).Sum(0, 1), centred.Sum(1))
                .Nodes.Count(node => node.Operation is Sum)
        );
        Agreement.Check(_graph, 1e-3);
    }

    [Fact]
    public void Narrow_matrix_products_are_element_wise_work()
    {
        Tensor a = In(6, 1);
        Tensor b = In(1, 5);
        Tensor m = In(6, 5);
        Tensor outer = a.MatrixMultiply(b);
        Tensor column = m.MatrixMultiply(b, transposeB: true);
        Tensor row = a.MatrixMultiply(m, transposeA: true);
        Tensor back = m.MatrixMultiply(a, transposeA: true);
        Tensor side = b.MatrixMultiply(m, transposeB: true);
        Assert.Equal(0, Count<MatrixProduct>(outer, column, row, back, side));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Constants_are_folded()
    {
        Tensor c = _graph.Constant([1, 2, 3, 4, 5, 6], new Shape(2, 3));
        Graph result = Simplified((c.Transpose().MatrixMultiply(c) * 2).Sum(0) + In(3));
        Assert.Equal(["Input", "Constant", "Add"], result.Nodes.Select(node => node.Operation.Name));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Transpositions_that_move_nothing_are_views_and_those_of_products_are_products()
    {
        Tensor x = In(1, 6, 1, 5);
        Tensor a = In(6, 5);
        Tensor b = In(5, 4);
        Assert.Equal(0, Count<Transpose>(x.Transpose(1, 0, 3, 2).Tanh(), a.MatrixMultiply(b).Transpose().Tanh()));
        Agreement.Check(_graph);
    }

    [Fact]
    public void Data_gradients_of_one_layer_share_the_turned_weights()
    {
        Tensor y = In(2, 5, 5, 4);
        Tensor z = In(2, 5, 5, 4);
        Tensor w = In(3, 3, 3, 4);
        Tensor Back(Tensor cotangent) => _graph.Apply(new ConvolutionDataGradient(1, 1, 5, 5), cotangent, w);
        Graph result = Simplified(Back(y).Tanh(), Back(z).Tanh());
        Assert.DoesNotContain(result.Nodes, node => node.Operation is ConvolutionDataGradient);
        Assert.Single(result.Nodes, node => node.Operation is TurnWeights);
        Agreement.Check(_graph);
    }

    private Tensor In(params ReadOnlySpan<int> extents) => _graph.Input($"input {_graph.Inputs.Count}", new Shape(extents));

    private int Count<T>(params Tensor[] outputs) => Simplified(outputs).Nodes.Count(node => node.Operation is T);

    /// <summary>The simplified graph of these outputs alone; the outputs are also added to the test's graph.</summary>
    private Graph Simplified(params Tensor[] outputs)
    {
        // A graph cannot lose outputs, so what these outputs need is traced into a graph of its own.
        var alone = new Graph();
        var copies = new Dictionary<Tensor, Tensor>();
        foreach (Tensor node in _graph.Nodes)
        {
            copies[node] = node.Operation is Input input
                ? alone.Input(input.Label, input.Shape)
                : alone.Apply(node.Operation, [.. node.Inputs.Select(other => copies[other])]);
        }

        foreach (Tensor output in outputs)
        {
            _graph.Output($"output {_graph.Outputs.Count}", output);
            alone.Output($"output {alone.Outputs.Count}", copies[output]);
        }

        return Simplifier.Run(alone);
    }
}
