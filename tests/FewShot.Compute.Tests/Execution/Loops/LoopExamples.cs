using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>The loops of a convolutional block: batch normalisation, ReLU and max-pooling.</summary>
internal static class LoopExamples
{
    /// <summary>Operands x; outputs Σx, Σx².</summary>
    internal static LoopSpecification Moments(int rows, int columns)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, rows, columns, 1));
        int x = b.Operand(Extent.Full);
        return b.Output(x, OutputKind.SumRows).Output(b.Value(new Square(), Extent.Full, x), OutputKind.SumRows).Build();
    }

    /// <summary>Operands x, mean, scale, shift; output the pooled activation.</summary>
    internal static LoopSpecification Forward(int images, int size, int columns)
    {
        LoopBuilder b = new(new LoopDomain(images, size, size, columns, 2));
        int relu = Activation(b, b.Operand(Extent.Full), out _, out _);
        return b.Output(b.Value(LoopOpcode.MaxPoolSelect, Extent.Pooled, relu, relu)).Build();
    }

    /// <summary>Operands x, mean, scale, shift, g; outputs Σg′, Σg′·(x − mean), g′ being the gradient behind pooling and ReLU.</summary>
    internal static LoopSpecification BackwardSums(int images, int size, int columns)
    {
        LoopBuilder b = new(new LoopDomain(images, size, size, columns, 2));
        int x = b.Operand(Extent.Full);
        int relu = Activation(b, x, out int centred, out int normalised);
        int gradient = Gradient(b, relu, normalised);
        return b.Output(gradient, OutputKind.SumRows)
            .Output(b.Value(new Multiply(), Extent.Full, gradient, centred), OutputKind.SumRows)
            .Build();
    }

    /// <summary>Operands x, mean, scale, shift, g, p, q, r; output p·g′ + q·(x − mean) + r.</summary>
    internal static LoopSpecification Backward(int images, int size, int columns)
    {
        LoopBuilder b = new(new LoopDomain(images, size, size, columns, 2));
        int x = b.Operand(Extent.Full);
        int relu = Activation(b, x, out int centred, out int normalised);
        int gradient = Gradient(b, relu, normalised);
        int first = b.Value(new Multiply(), Extent.Full, b.Operand(Extent.Column), gradient);
        int second = b.Value(new Multiply(), Extent.Full, b.Operand(Extent.Column), centred);
        int sum = b.Value(new Add(), Extent.Full, first, second);
        return b.Output(b.Value(new Add(), Extent.Full, sum, b.Operand(Extent.Column))).Build();
    }

    internal static LoopSpecification Add(int rows, int columns, Extent second)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, rows, columns, 1));
        return b.Output(b.Value(new Add(), Extent.Full, b.Operand(Extent.Full), b.Operand(second))).Build();
    }

    internal static LoopSpecification Unary(Operation operation, int length)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, 1, length, 1));
        return b.Output(b.Value(operation, Extent.Full, b.Operand(Extent.Full))).Build();
    }

    internal static LoopSpecification Sum(int length)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, 1, length, 1));
        return b.Output(b.Operand(Extent.Full), OutputKind.SumAll).Build();
    }

    /// <summary>Operands logits, row maximum; outputs exp(logit − maximum), its row sum.</summary>
    internal static LoopSpecification Exponentials(int rows, int columns)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, rows, columns, 1));
        int difference = b.Value(new Subtract(), Extent.Full, b.Operand(Extent.Full), b.Operand(Extent.Row));
        int exponential = b.Value(new Exp(), Extent.Full, difference);
        return b.Output(exponential).Output(exponential, OutputKind.SumColumns).Build();
    }

    private static int Activation(LoopBuilder b, int x, out int centred, out int normalised)
    {
        centred = b.Value(new Subtract(), Extent.Full, x, b.Operand(Extent.Column));
        int scaled = b.Value(new Multiply(), Extent.Full, centred, b.Operand(Extent.Column));
        normalised = b.Value(new Add(), Extent.Full, scaled, b.Operand(Extent.Column));
        return b.Value(new Relu(), Extent.Full, normalised);
    }

    private static int Gradient(LoopBuilder b, int relu, int normalised)
    {
        int unpooled = b.Value(LoopOpcode.MaxUnpool, Extent.Full, b.Operand(Extent.Pooled), relu);
        return b.Value(new Select(), Extent.Full, b.Value(new Step(), Extent.Full, normalised), unpooled, b.Constant(0));
    }
}
