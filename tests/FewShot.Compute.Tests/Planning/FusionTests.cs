using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Planning;
using FewShot.Compute.Simplification;
using Xunit;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Tests.Planning;

public class FusionTests
{
    private readonly Graph _graph = new();

    [Fact]
    public void A_block_of_batch_norm_relu_and_pooling_takes_three_passes_forward_and_two_back()
    {
        Tensor x = In(5, 8, 8, 3);
        Tensor w = In(3, 3, 3, 4);
        Tensor scale = In(4);
        Tensor shift = In(4);
        Tensor v = In(2, 2, 4, 4);
        Tensor y = x.Convolve(w, 1, 1);
        Tensor centred = y - y.Mean(0, 1, 2);
        Tensor norm = centred * (centred.Square().Mean(0, 1, 2) + 1e-5).ReciprocalSqrt();
        Tensor block = ((norm * scale) + shift).Relu().MaxPool(2);
        Tensor next = block.Convolve(v, 1, 0);
        int map = y.Shape.Count;
        _graph.Output("next", next);
        Assert.Equal(3, Steps().Count(step => step.Loop?.Count == map));

        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(next.Square().Sum(), w, scale, shift, x);
        Out(gradients);
        IReadOnlyList<Step> steps = Steps();
        Assert.Equal(5, steps.Count(step => step.Loop?.Count == map));

        // Of the map only the convolution's result and its cotangent are ever stored.
        Assert.Equal(2, steps.SelectMany(step => step.Outputs).Count(output => output.Shape == y.Shape));
    }

    [Fact]
    public void Second_derivatives_of_the_block_stay_few_passes()
    {
        Tensor x = In(5, 8, 8, 3);
        Tensor w = In(3, 3, 3, 4);
        Tensor scale = In(4);
        Tensor shift = In(4);
        Tensor y = x.Convolve(w, 1, 1);
        Tensor centred = y - y.Mean(0, 1, 2);
        Tensor block = ((centred * (centred.Square().Mean(0, 1, 2) + 1e-5).ReciprocalSqrt() * scale) + shift).Relu().MaxPool(2);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients((block.Square() * 0.5).Sum(), w, scale, shift);
        Tensor of = gradients.Select(gradient => gradient.Square().Sum()).Aggregate((a, b) => a + b);
        Out(Differentiate.Gradients(of, w, scale, shift));
        Assert.InRange(Steps().Count(step => step.Loop?.Count == y.Shape.Count), 5, 10);
    }

    [Fact]
    public void Reductions_over_the_same_maps_share_one_pass()
    {
        Tensor a = In(30, 20);
        Tensor b = In(30, 20);
        Out([a.Sum(0), (a * b).Sum(0), b.Square().Sum(), (a - b).Max(-1), (a + b).Tanh()]);
        Step step = Assert.Single(Steps());
        Assert.Equal(5, step.Outputs.Count);
        Assert.Equal(2, step.Inputs.Count);
    }

    [Fact]
    public void A_cheap_value_is_computed_again_and_a_dear_one_is_stored()
    {
        Tensor a = In(30, 20);
        Tensor b = In(20, 20);

        // The product needs the first sum, so the two loops cannot be one.
        Tensor c = In(30, 20);
        Out([Twice(a.Maximum(c))]);
        Assert.DoesNotContain(Steps().SelectMany(step => step.Outputs), output => output.Operation is Maximum);
        Out([Twice(a.Tanh())]);
        Assert.Single(Steps().SelectMany(step => step.Outputs), output => output.Operation is Tanh);

        Tensor Twice(Tensor value) => value * value.Sum(0).Reshape(1, 20).MatrixMultiply(b).Reshape(20);
    }

    [Fact]
    public void What_waits_runs_after_what_it_waits_for()
    {
        Tensor w = In(12, 12);
        Tensor x = In(7, 12);
        IReadOnlyList<Tensor> Step(IReadOnlyList<Tensor> p) =>
            [p[0] - (Differentiate.Gradients(x.MatrixMultiply(p[0]).Tanh().Square().Mean(), p[0])[0] * 0.5)];
        IReadOnlyList<Tensor> theta = [w];
        for (int k = 0; k < 4; k++)
        {
            theta = Rematerialize.Run(Step, theta);
        }

        Out(Differentiate.Gradients(theta[0].Sigmoid().Sum(), w));
        var program = new SimdProgram(_graph);
        Assert.Null(PlanValidator.FindFault(program.Plan));
        Assert.Contains(program.Plan.Steps, step => step.Waits.Count > 0);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(72)]
    public void However_many_inner_steps_there_are_the_loops_are_cut_in_a_few_rounds(int innerSteps)
    {
        Tensor x = In(7, 12);
        Tensor w = In(12, 12);
        Tensor[] start = [In(12), In(12)];
        IReadOnlyList<Tensor> theta = start;
        Tensor Normalised() => (x * theta[0]) + theta[1];
        for (int k = 0; k < innerSteps; k++)
        {
            IReadOnlyList<Tensor> gradients = Differentiate.Gradients(Normalised().Tanh().MatrixMultiply(w).Square().Mean(), theta);
            theta = [.. theta.Zip(gradients, (value, gradient) => value - (gradient * 0.1))];
        }

        // The cotangents of a parameter are a chain through all steps, each link read by the step before and by the next link.
        Out(Differentiate.Gradients(Normalised().Sine().Square().Sum(), start));
        Fusion.Cover(Simplifier.Run(_graph), new FusionRules(ElementWiseTable.Cost), out int rounds);
        Assert.InRange(rounds, 1, 3);
    }

    [Fact]
    public void A_gradient_to_the_weights_runs_before_the_gradient_to_the_data_where_that_frees_memory()
    {
        Tensor image = In(4, 8, 8, 1);
        Tensor first = In(3, 3, 1, 16);
        Tensor w = In(3, 3, 16, 16);
        Tensor loss = image.Convolve(first, 1, 1).Relu().Convolve(w, 1, 1).Square().Sum();
        Out(Differentiate.Gradients(loss, first, w));
        string[] order = [.. Steps().Select(step => step.Nodes[0].Operation.Name)];
        Assert.True(Array.IndexOf(order, "ConvolutionWeightGradient") < Array.LastIndexOf(order, "Convolution"), string.Join(" ", order));
    }

    [Fact]
    public void Constants_are_stored_once_and_stay()
    {
        Tensor x = In(8, 3);
        Tensor c = _graph.Constant([1, 2, 3, 4, 5, 6, 7, 8, 9], new Shape(3, 3));
        Out([x.MatrixMultiply(c)]);
        var program = new SimdProgram(_graph);
        Assert.Single(program.Plan.Steps);
        Assert.Contains(program.Plan.Slots, pair => pair.Key.Operation is Constant && pair.Value is { From: -1, Until: int.MaxValue });
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4 }, new[] { 0, 1 }, "Leading", 4)]
    [InlineData(new[] { 2, 3, 4 }, new[] { 1, 2 }, "Trailing", 12)]
    [InlineData(new[] { 2, 1, 4 }, new[] { 1, 2 }, "Trailing", 4)]
    [InlineData(new[] { 1, 3, 1 }, new[] { 1 }, "All", 0)]
    [InlineData(new[] { 1, 3, 1 }, new[] { 0, 2 }, "None", 0)]
    [InlineData(new[] { 2, 3, 4 }, new[] { 1 }, "Mixed", 0)]
    [InlineData(new[] { 2, 3, 4 }, new[] { 0, 2 }, "Mixed", 0)]
    public void The_pattern_of_axes_says_how_a_tensor_is_a_matrix(int[] extents, int[] marked, string pattern, int columns) =>
        Assert.Equal((Enum.Parse<AxisPattern>(pattern), columns), AxisPatterns.Of(new Shape(extents), marked.Contains));

    private Tensor In(params ReadOnlySpan<int> extents) => _graph.Input($"input {_graph.Inputs.Count}", new Shape(extents));

    private void Out(IReadOnlyList<Tensor> outputs)
    {
        foreach (Tensor output in outputs)
        {
            _graph.Output($"output {_graph.Outputs.Count}", output);
        }
    }

    private IReadOnlyList<Step> Steps() => new SimdProgram(_graph).Plan.Steps;
}
