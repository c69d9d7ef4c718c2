using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Models;

/// <summary>
/// The affine map x·W + b on vectors [n, in], <c>weight</c> [in, out] and <c>bias</c> [out]. Inputs of more axes are flattened.
/// </summary>
/// <param name="Outputs">How many numbers the result has.</param>
/// <param name="Initializer">How the weight starts; null for Glorot. The bias starts at 0.</param>
public sealed record Linear(int Outputs, Initializer? Initializer = null) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
        [
            new($"{name}.weight", new Shape(input.Count, Outputs), Initializer ?? Models.Initializer.Glorot()),
            new($"{name}.bias", new Shape(Outputs), Models.Initializer.Constant(0)),
        ];

    /// <inheritdoc/>
    public override Shape Output(Shape input) => new(Outputs);

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        x.Reshape(x.Shape[0], -1).MatrixMultiply(parameters[$"{name}.weight"]) + parameters[$"{name}.bias"];
}

/// <summary>A two-dimensional convolution of images [n, h, w, c] with <c>weight</c> [k, k, c, out] and <c>bias</c> [out].</summary>
/// <param name="Outputs">How many output channels there are.</param>
/// <param name="Kernel">The height and width of the kernel; 3 by default.</param>
/// <param name="Stride">The step of the kernel in both directions; 1 by default.</param>
/// <param name="Padding">How many zeros are added on each side; 1 by default.</param>
/// <param name="Bias">Whether a bias is added; false where a normalisation follows that would cancel it.</param>
public sealed record ConvolutionLayer(int Outputs, int Kernel = 3, int Stride = 1, int Padding = 1, bool Bias = true) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input)
    {
        yield return new($"{name}.weight", new Shape(Kernel, Kernel, Channels(input), Outputs), Initializer.Kaiming());
        if (Bias)
        {
            yield return new($"{name}.bias", new Shape(Outputs), Initializer.Constant(0));
        }
    }

    /// <inheritdoc/>
    public override Shape Output(Shape input)
    {
        _ = Channels(input);
        return new Shape(Extent(input[0]), Extent(input[1]), Outputs);
    }

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization)
    {
        Tensor y = x.Convolve(parameters[$"{name}.weight"], Stride, Padding);
        return Bias ? y + parameters[$"{name}.bias"] : y;
    }

    private static int Channels(Shape input) =>
        input.Rank == 3 ? input[2] : throw new ShapeException($"a convolution needs images [height, width, channels], got {input}");

    private int Extent(int size) => ((size + (2 * Padding) - Kernel) / Stride) + 1;
}

/// <summary>
/// Batch normalisation over all axes but the last (Ioffe 2015): biased variance; learned <c>scale</c> and <c>shift</c> a channel;
/// statistics as the pass demands.
/// </summary>
/// <param name="Epsilon">What is added to the variance; 1e-5 by default.</param>
public sealed record BatchNormalization(double Epsilon = 1e-5) : Layer
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
        (normalization.Normalize(name, x, Epsilon) * parameters[$"{name}.scale"]) + parameters[$"{name}.shift"];
}

/// <summary>
/// A function without parameters, applied to every element. One of a function given has no name in files: to save learners with a function
/// of one's own, write a layer.
/// </summary>
/// <param name="Function">Traces the function; it works element by element.</param>
public record Activation([property: JsonIgnore] Func<Tensor, Tensor> Function) : Layer
{
    /// <summary>The rectifier max(x, 0).</summary>
    public static Activation Relu { get; } = new ReluActivation();

    /// <summary>The hyperbolic tangent.</summary>
    public static Activation Tanh { get; } = new TanhActivation();

    /// <inheritdoc/>
    public override Shape Output(Shape input) => input;

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) => Function(x);
}

/// <summary>The rectifier max(x, 0), as files name it.</summary>
internal sealed record ReluActivation() : Activation(x => x.Relu());

/// <summary>The hyperbolic tangent, as files name it.</summary>
internal sealed record TanhActivation() : Activation(x => x.Tanh());

/// <summary>The largest entry of each k×k window, stride k.</summary>
/// <param name="Window">The side k of a window, and its step; 2 by default.</param>
public sealed record MaxPooling(int Window = 2) : Layer
{
    /// <inheritdoc/>
    public override Shape Output(Shape input) => new(input[0] / Window, input[1] / Window, input[2]);

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) => x.MaxPool(Window);
}

/// <summary>Layers one after another, each under a name of its own: <c>block1.conv</c>.</summary>
/// <param name="Layers">The layers and their names.</param>
public sealed record Sequential(params IReadOnlyList<NamedLayer> Layers) : Layer
{
    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input)
    {
        foreach ((string own, Layer layer) in Layers)
        {
            foreach (ParameterSpecification parameter in layer.Parameters($"{name}.{own}", input))
            {
                yield return parameter;
            }

            input = layer.Output(input);
        }
    }

    /// <inheritdoc/>
    public override Shape Output(Shape input) => Layers.Aggregate(input, (shape, entry) => entry.Layer.Output(shape));

    /// <inheritdoc/>
    public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
        Layers.Aggregate(x, (value, entry) => entry.Layer.Apply($"{name}.{entry.Name}", parameters, value, normalization));
}
