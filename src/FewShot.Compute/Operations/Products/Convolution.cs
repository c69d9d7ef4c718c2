using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// The two-dimensional cross-correlation y = x ⋆ w: the first of the three bilinear maps whose derivatives are each other.
/// </summary>
internal sealed record Convolution(int Stride, int Padding) : Operation
{
    internal ConvolutionGeometry Geometry(Shape x, Shape w)
    {
        if (x.Rank != 4 || w.Rank != 4 || x[3] != w[2])
        {
            throw Misfit("needs images [n, h, w, c] and weights [kh, kw, c, o] of the same c", x, w);
        }

        var geometry = new ConvolutionGeometry(x[0], x[1], x[2], x[3], w[3], w[0], w[1], Stride, Padding);
        return geometry.Incompatibility is { } fault ? throw Misfit(fault, x, w) : geometry;
    }

    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Geometry(inputs[0], inputs[1]).Results;

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        result.Clear();
        Geometry(inputs.Shape(0), inputs.Shape(1))
            .AddProducts(result, ConvolutionOperand.Results, inputs[0], ConvolutionOperand.Images, inputs[1], ConvolutionOperand.Weights);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        (Tensor x, Tensor w) = (node.Inputs[0], node.Inputs[1]);
        return
        [
            node.Graph.Apply(new ConvolutionDataGradient(Stride, Padding, x.Shape[1], x.Shape[2]), cotangent, w),
            node.Graph.Apply(new ConvolutionWeightGradient(Stride, Padding, w.Shape[0], w.Shape[1]), x, cotangent),
        ];
    }

    internal override long MultiplyAdds(Tensor node) => Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape).MultiplyAdds;
}

/// <summary>The transpose of a convolution in its images: from a result's cotangent and the weights to the images' cotangent.</summary>
internal sealed record ConvolutionDataGradient(int Stride, int Padding, int Height, int Width) : Operation
{
    internal ConvolutionGeometry Geometry(Shape y, Shape w)
    {
        if (y.Rank != 4 || w.Rank != 4 || y[3] != w[3])
        {
            throw Misfit("needs cotangents [n, oh, ow, o] and weights [kh, kw, c, o] of the same o", y, w);
        }

        var geometry = new ConvolutionGeometry(y[0], Height, Width, w[2], w[3], w[0], w[1], Stride, Padding);
        return geometry.Incompatibility is { } fault ? throw Misfit(fault, y, w)
            : geometry.Results != y ? throw Misfit($"a {Height}x{Width} map gives {geometry.Results}", y, w)
            : geometry;
    }

    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Geometry(inputs[0], inputs[1]).Images;

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        result.Clear();
        Geometry(inputs.Shape(0), inputs.Shape(1))
            .AddProducts(result, ConvolutionOperand.Images, inputs[0], ConvolutionOperand.Results, inputs[1], ConvolutionOperand.Weights);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        (Tensor y, Tensor w) = (node.Inputs[0], node.Inputs[1]);
        return
        [
            node.Graph.Apply(new Convolution(Stride, Padding), cotangent, w),
            node.Graph.Apply(new ConvolutionWeightGradient(Stride, Padding, w.Shape[0], w.Shape[1]), cotangent, y),
        ];
    }

    internal override long MultiplyAdds(Tensor node) => Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape).MultiplyAdds;
}

/// <summary>The transpose of a convolution in its weights: from the images and a result's cotangent to the weights' cotangent.</summary>
internal sealed record ConvolutionWeightGradient(int Stride, int Padding, int KernelHeight, int KernelWidth) : Operation
{
    internal ConvolutionGeometry Geometry(Shape x, Shape y)
    {
        if (x.Rank != 4 || y.Rank != 4 || x[0] != y[0])
        {
            throw Misfit("needs images [n, h, w, c] and cotangents [n, oh, ow, o] of the same n", x, y);
        }

        var geometry = new ConvolutionGeometry(x[0], x[1], x[2], x[3], y[3], KernelHeight, KernelWidth, Stride, Padding);
        return geometry.Incompatibility is { } fault ? throw Misfit(fault, x, y)
            : geometry.Results != y ? throw Misfit($"these images give {geometry.Results}", x, y)
            : geometry;
    }

    internal override Shape Infer(IReadOnlyList<Shape> inputs) => Geometry(inputs[0], inputs[1]).Weights;

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        result.Clear();
        Geometry(inputs.Shape(0), inputs.Shape(1))
            .AddProducts(result, ConvolutionOperand.Weights, inputs[0], ConvolutionOperand.Images, inputs[1], ConvolutionOperand.Results);
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        (Tensor x, Tensor y) = (node.Inputs[0], node.Inputs[1]);
        return
        [
            node.Graph.Apply(new ConvolutionDataGradient(Stride, Padding, x.Shape[1], x.Shape[2]), y, cotangent),
            node.Graph.Apply(new Convolution(Stride, Padding), x, cotangent),
        ];
    }

    internal override long MultiplyAdds(Tensor node) => Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape).MultiplyAdds;
}

/// <summary>
/// Weights [kh, kw, c, o] turned by half a turn and with c and o exchanged: a stride-1 data gradient is the convolution with these, so the
/// compiler makes them once for all that need them.
/// </summary>
internal sealed record TurnWeights : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank == 4
            ? new Shape(inputs[0][0], inputs[0][1], inputs[0][3], inputs[0][2])
            : throw Misfit("needs weights [kh, kw, c, o]", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        Shape w = inputs.Shape(0);
        (int taps, int c, int o) = (w[0] * w[1], w[2], w[3]);
        for (int tap = 0; tap < taps; tap++)
        {
            for (int i = 0; i < c; i++)
            {
                for (int j = 0; j < o; j++)
                {
                    result[((((taps - 1 - tap) * o) + j) * c) + i] = inputs[0][(((tap * c) + i) * o) + j];
                }
            }
        }
    }

    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs) =>
        inputs[0].Operation is TurnWeights ? inputs[0].Inputs[0] : null;

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [node.Graph.Apply(this, cotangent)];
}

public static partial class TensorOperations
{
    /// <summary>
    /// The two-dimensional cross-correlation of images [n, h, w, c] with weights [kh, kw, c/groups, o], zero-padded on all sides: result
    /// [n, oh, ow, o].
    /// </summary>
    public static Tensor Convolve(this Tensor x, Tensor w, int stride = 1, int padding = 0, int groups = 1)
    {
        if (groups == 1)
        {
            return x.Graph.Apply(new Convolution(stride, padding), x, w);
        }

        if (groups < 1 || x.Shape.Rank != 4 || w.Shape.Rank != 4 || x.Shape[3] % groups != 0 || w.Shape[3] % groups != 0)
        {
            throw new Convolution(stride, padding).Misfit($"channels do not divide into {groups} groups", x.Shape, w.Shape);
        }

        int channels = x.Shape[3] / groups;
        int outputs = w.Shape[3] / groups;
        return Concatenate(
            3,
            [
                .. Enumerable
                    .Range(0, groups)
                    .Select(group =>
                        x.Slice(3, group * channels, channels).Convolve(w.Slice(3, group * outputs, outputs), stride, padding)
                    ),
            ]
        );
    }
}
