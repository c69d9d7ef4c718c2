using System.Numerics.Tensors;

namespace FewShot.Compute.Execution.Simd.Loops;

/// <summary>The ordinary instructions over spans of equal length.</summary>
internal static class LoopInterpreterArithmetic
{
    internal static void Evaluate(LoopInstruction i, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> result)
    {
        switch (i.Opcode)
        {
            case LoopOpcode.Negate:
                TensorPrimitives.Negate(a, result);
                return;
            case LoopOpcode.Absolute:
                TensorPrimitives.Abs(a, result);
                return;
            case LoopOpcode.Exp:
                TensorPrimitives.Exp(a, result);
                return;
            case LoopOpcode.Log:
                TensorPrimitives.Log(a, result);
                return;
            case LoopOpcode.Sqrt:
                TensorPrimitives.Sqrt(a, result);
                return;
            case LoopOpcode.ReciprocalSqrt:
                TensorPrimitives.ReciprocalSqrt(a, result);
                return;
            case LoopOpcode.Reciprocal:
                TensorPrimitives.Reciprocal(a, result);
                return;
            case LoopOpcode.Square:
                TensorPrimitives.Multiply(a, a, result);
                return;
            case LoopOpcode.Sigmoid:
                TensorPrimitives.Sigmoid(a, result);
                return;
            case LoopOpcode.Relu:
                TensorPrimitives.Max(a, 0, result);
                return;
            case LoopOpcode.Sine:
                TensorPrimitives.Sin(a, result);
                return;
            case LoopOpcode.Cosine:
                TensorPrimitives.Cos(a, result);
                return;
            case LoopOpcode.Add:
                TensorPrimitives.Add(a, b, result);
                return;
            case LoopOpcode.Subtract:
                TensorPrimitives.Subtract(a, b, result);
                return;
            case LoopOpcode.Multiply:
                TensorPrimitives.Multiply(a, b, result);
                return;
            case LoopOpcode.Divide:
                TensorPrimitives.Divide(a, b, result);
                return;
            case LoopOpcode.Maximum:
                TensorPrimitives.Max(a, b, result);
                return;
            case LoopOpcode.Minimum:
                TensorPrimitives.Min(a, b, result);
                return;
            default:
                OneByOne(i, a, b, c, result);
                return;
        }
    }

    private static void OneByOne(LoopInstruction i, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> result)
    {
        for (int j = 0; j < result.Length; j++)
        {
            float x = a[j];
            result[j] = i.Opcode switch
            {
                LoopOpcode.Sign => x > 0 ? 1 : x < 0 ? -1 : x,

                // Not the one of TensorPrimitives, which is not 0 at 0.
                LoopOpcode.Tanh => MathF.Tanh(x),
                LoopOpcode.Step => x > 0 ? 1 : 0,
                LoopOpcode.Softplus => MathF.Max(x, 0) + (float)Math.Log(1 + Math.Exp(-MathF.Abs(x))),
                LoopOpcode.Power => MathF.Pow(x, i.Value),
                LoopOpcode.Greater => x > b[j] ? 1 : 0,
                LoopOpcode.Equal => x == b[j] ? 1 : 0,
                LoopOpcode.Select => x != 0 ? b[j] : c[j],
                _ => throw new InvalidOperationException($"The loop interpreter has no rule for {i.Opcode}."),
            };
        }
    }
}
