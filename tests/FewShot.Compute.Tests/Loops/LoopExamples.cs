using FewShot.Compute.Execution.Loops;

namespace FewShot.Compute.Tests.Loops;

/// <summary>The loops of a convolutional block: batch normalisation, ReLU and max-pooling.</summary>
internal static class LoopExamples
{
    /// <summary>Operands x; outputs Σx, Σx².</summary>
    internal static LoopSpecification Moments(int rows, int columns)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, rows, columns, 1));
        int x = b.Operand(Extent.Full);
        return b.Output(x, OutputKind.SumRows).Output(b.Value(LoopOpcode.Square, Extent.Full, x), OutputKind.SumRows).Build();
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
            .Output(b.Value(LoopOpcode.Multiply, Extent.Full, gradient, centred), OutputKind.SumRows)
            .Build();
    }

    /// <summary>Operands x, mean, scale, shift, g, p, q, r; output p·g′ + q·(x − mean) + r.</summary>
    internal static LoopSpecification Backward(int images, int size, int columns)
    {
        LoopBuilder b = new(new LoopDomain(images, size, size, columns, 2));
        int x = b.Operand(Extent.Full);
        int relu = Activation(b, x, out int centred, out int normalised);
        int gradient = Gradient(b, relu, normalised);
        int first = b.Value(LoopOpcode.Multiply, Extent.Full, b.Operand(Extent.Column), gradient);
        int second = b.Value(LoopOpcode.Multiply, Extent.Full, b.Operand(Extent.Column), centred);
        int sum = b.Value(LoopOpcode.Add, Extent.Full, first, second);
        return b.Output(b.Value(LoopOpcode.Add, Extent.Full, sum, b.Operand(Extent.Column))).Build();
    }

    internal static LoopSpecification Add(int rows, int columns, Extent second)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, rows, columns, 1));
        return b.Output(b.Value(LoopOpcode.Add, Extent.Full, b.Operand(Extent.Full), b.Operand(second))).Build();
    }

    internal static LoopSpecification Unary(LoopOpcode opcode, int length, float value = 0)
    {
        LoopBuilder b = new(new LoopDomain(1, 1, 1, length, 1));
        return b.Output(b.Value(opcode, Extent.Full, b.Operand(Extent.Full), value: value)).Build();
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
        int difference = b.Value(LoopOpcode.Subtract, Extent.Full, b.Operand(Extent.Full), b.Operand(Extent.Row));
        int exponential = b.Value(LoopOpcode.Exp, Extent.Full, difference);
        return b.Output(exponential).Output(exponential, OutputKind.SumColumns).Build();
    }

    private static int Activation(LoopBuilder b, int x, out int centred, out int normalised)
    {
        centred = b.Value(LoopOpcode.Subtract, Extent.Full, x, b.Operand(Extent.Column));
        int scaled = b.Value(LoopOpcode.Multiply, Extent.Full, centred, b.Operand(Extent.Column));
        normalised = b.Value(LoopOpcode.Add, Extent.Full, scaled, b.Operand(Extent.Column));
        return b.Value(LoopOpcode.Relu, Extent.Full, normalised);
    }

    private static int Gradient(LoopBuilder b, int relu, int normalised)
    {
        int unpooled = b.Value(LoopOpcode.MaxUnpool, Extent.Full, b.Operand(Extent.Pooled), relu);
        return b.Value(LoopOpcode.Select, Extent.Full, b.Value(LoopOpcode.Step, Extent.Full, normalised), unpooled, b.Constant(0));
    }
}
