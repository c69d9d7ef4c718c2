using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace FewShot.Compute.Execution.Loops;

/// <summary>The ordinary instructions over spans of equal length.</summary>
internal static class LoopInterpreterArithmetic
{
    internal static void Evaluate(
        LoopInstruction i,
        ReadOnlySpan<float> a,
        ReadOnlySpan<float> b,
        ReadOnlySpan<float> c,
        Span<float> result
    )
    {
        switch (i.Opcode)
        {
            case LoopOpcode.Negate:
                TensorPrimitives.Negate(a, result);
                return;
            case LoopOpcode.Absolute:
                TensorPrimitives.Abs(a, result);
                return;
            case LoopOpcode.Exp or LoopOpcode.Log or LoopOpcode.Tanh or LoopOpcode.Sigmoid or LoopOpcode.Softplus:
                Transcendental(i.Opcode, a, result);
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

    /// <summary>The functions of the compiled loops, so that both give the same numbers.</summary>
    private static void Transcendental(LoopOpcode opcode, ReadOnlySpan<float> a, Span<float> result)
    {
        Span<float> last = stackalloc float[Vector256<float>.Count];
        for (int j = 0; j < a.Length; j += Vector256<float>.Count)
        {
            scoped ReadOnlySpan<float> source = a[j..];
            Span<float> target = result[j..];
            bool whole = source.Length >= Vector256<float>.Count;
            if (!whole)
            {
                source.CopyTo(last);
                source = last;
            }

            Vector256<float> x = Vector256.Create(source);
            Vector256<float> y = opcode switch
            {
                LoopOpcode.Exp => VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>.Exp(x),
                LoopOpcode.Log => VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>.Log(x),
                LoopOpcode.Tanh => VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>.Tanh(x),
                LoopOpcode.Sigmoid => VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>.Sigmoid(x),
                _ => VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>.Softplus(x),
            };
            y.CopyTo(whole ? target : last);
            if (!whole)
            {
                last[..target.Length].CopyTo(target);
            }
        }
    }

    private static void OneByOne(LoopInstruction i, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, Span<float> result)
    {
        for (int j = 0; j < result.Length; j++)
        {
            float x = a[j];
            result[j] = i.Opcode switch
            {
                LoopOpcode.Sign => x > 0 ? 1
                : x < 0 ? -1
                : x,
                LoopOpcode.Step => x > 0 ? 1 : 0,
                LoopOpcode.Power when i.Value is 0.5f or -0.5f => i.Value > 0 ? MathF.Sqrt(x) : 1 / MathF.Sqrt(x),
                LoopOpcode.Power => MathF.Pow(x, i.Value),
                LoopOpcode.Greater => x > b[j] ? 1 : 0,
                LoopOpcode.Equal => x == b[j] ? 1 : 0,
                LoopOpcode.Select => x != 0 ? b[j] : c[j],
                _ => throw new InvalidOperationException($"The loop interpreter has no rule for {i.Opcode}."),
            };
        }
    }
}
