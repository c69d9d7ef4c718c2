using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Models;

/// <summary>x·W + b on vectors [n, in], <c>weight</c> [in, out] and <c>bias</c> [out]. Inputs of more axes are flattened.</summary>
/// <param name="outputs">Size of the result.</param>
/// <param name="initializer">Of the weight; Glorot by default. The bias starts at 0.</param>
public sealed class Linear(int outputs, Initializer? initializer = null) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
        [
            new($"{name}.weight", new Shape(input.Count, outputs), initializer ?? Initializer.Glorot()),
            new($"{name}.bias", new Shape(outputs), Initializer.Constant(0)),
        ];

    /// <inheritdoc/>
    public override Shape Output(Shape input) => new(outputs);

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        x.Reshape(x.Shape[0], -1).MatrixMultiply(parameters[$"{name}.weight"]) + parameters[$"{name}.bias"];
}

/// <summary>2-D convolution of images [n, h, w, c] with <c>weight</c> [k, k, c, out] and <c>bias</c> [out].</summary>
/// <param name="outputs">Output channels.</param>
/// <param name="kernel">Height and width of the kernel.</param>
/// <param name="stride">Step of the kernel.</param>
/// <param name="padding">Zeros added on each side.</param>
/// <param name="bias">False where a normalisation follows that would cancel it.</param>
public sealed class ConvolutionLayer(int outputs, int kernel = 3, int stride = 1, int padding = 1, bool bias = true) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input)
    {
        yield return new($"{name}.weight", new Shape(kernel, kernel, Channels(input), outputs), Initializer.Kaiming());
        if (bias)
        {
            yield return new($"{name}.bias", new Shape(outputs), Initializer.Constant(0));
        }
    }

    /// <inheritdoc/>
    public override Shape Output(Shape input)
    {
        _ = Channels(input);
        return new Shape(Extent(input[0]), Extent(input[1]), outputs);
    }

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization)
    {
        Tensor y = x.Convolve(parameters[$"{name}.weight"], stride, padding);
        return bias ? y + parameters[$"{name}.bias"] : y;
    }

    private static int Channels(Shape input) =>
        input.Rank == 3 ? input[2] : throw new ShapeException($"a convolution needs images [height, width, channels], got {input}");

    private int Extent(int size) => ((size + (2 * padding) - kernel) / stride) + 1;
}

/// <summary>
/// Batch normalisation over all axes but the last (Ioffe 2015): biased variance; learned <c>scale</c> and <c>shift</c> a channel;
/// statistics as the pass demands.
/// </summary>
/// <param name="epsilon">Added to the variance.</param>
public sealed class BatchNormalization(double epsilon = 1e-5) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
        [
            new($"{name}.scale", new Shape(input[-1]), Initializer.Constant(1)),
            new($"{name}.shift", new Shape(input[-1]), Initializer.Constant(0)),
            new(NormalizationSource.MeanOf(name), new Shape(input[-1]), Initializer.Constant(0), Trained: false),
            new(NormalizationSource.VarianceOf(name), new Shape(input[-1]), Initializer.Constant(1), Trained: false),
        ];

    /// <inheritdoc/>
    public override Shape Output(Shape input) => input;

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        (normalization.Normalize(name, x, epsilon) * parameters[$"{name}.scale"]) + parameters[$"{name}.shift"];
}

/// <summary>A function without parameters, applied to every element.</summary>
/// <param name="function">The function.</param>
public sealed class Activation(Func<Tensor, Tensor> function) : Layer
{
    /// <summary>max(x, 0).</summary>
    public static Activation Relu { get; } = new(x => x.Relu());

    /// <summary>Hyperbolic tangent.</summary>
    public static Activation Tanh { get; } = new(x => x.Tanh());

    /// <inheritdoc/>
    public override Shape Output(Shape input) => input;

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) => function(x);
}

/// <summary>The largest entry of each k×k window, stride k.</summary>
/// <param name="window">k.</param>
public sealed class MaxPooling(int window = 2) : Layer
{
    /// <inheritdoc/>
    public override Shape Output(Shape input) => new(input[0] / window, input[1] / window, input[2]);

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) => x.MaxPool(window);
}

/// <summary>Layers one after another, each under a name of its own: <c>block1.conv</c>.</summary>
/// <param name="layers">The layers and their names.</param>
public sealed class Sequential(params IReadOnlyList<(string Name, Layer Layer)> layers) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input)
    {
        foreach ((string own, Layer layer) in layers)
        {
            foreach (ParameterSpecification parameter in layer.Parameters($"{name}.{own}", input))
            {
                yield return parameter;
            }

            input = layer.Output(input);
        }
    }

    /// <inheritdoc/>
    public override Shape Output(Shape input) => layers.Aggregate(input, (shape, entry) => entry.Layer.Output(shape));

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        layers.Aggregate(x, (value, entry) => entry.Layer.Apply($"{name}.{entry.Name}", parameters, value, normalization));
}
