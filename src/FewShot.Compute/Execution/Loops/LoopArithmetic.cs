using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>The instructions of each ordinary opcode.</summary>
[RequiresDynamicCode("Emits IL.")]
internal static class LoopArithmetic
{
    internal static void Push(LoopBody body, int value, Place place)
    {
        LoopCode code = body.Code;
        VectorInstructionSet v = code.Vectors;
        LoopInstruction i = body.Program.Instructions[value];
        switch (i.Opcode)
        {
            case LoopOpcode.Negate:
                body.Push(i.A, place);
                code.Call(v.Negate);
                return;
            case LoopOpcode.Absolute:
                body.Push(i.A, place);
                code.Call(v.Absolute);
                return;
            case LoopOpcode.Sqrt:
                body.Push(i.A, place);
                code.Call(v.Sqrt);
                return;
            case LoopOpcode.Reciprocal:
                code.Call(v.One);
                body.Push(i.A, place);
                code.Call(v.Divide);
                return;
            case LoopOpcode.ReciprocalSqrt:
                code.Call(v.One);
                body.Push(i.A, place);
                code.Call(v.Sqrt);
                code.Call(v.Divide);
                return;
            case LoopOpcode.Square:
                body.Push(i.A, place);
                code.IL.Emit(OpCodes.Dup);
                code.Call(v.Multiply);
                return;
            case LoopOpcode.Sign or LoopOpcode.Exp or LoopOpcode.Log or LoopOpcode.Tanh or LoopOpcode.Sigmoid or LoopOpcode.Softplus:
                body.Push(i.A, place);
                code.Call(v.Function(i.Opcode.ToString()));
                return;
            case LoopOpcode.Sine:
                body.Push(i.A, place);
                code.Call(v.Sine);
                return;
            case LoopOpcode.Cosine:
                body.Push(i.A, place);
                code.Call(v.Cosine);
                return;
            case LoopOpcode.Power:
                PushPower(body, i, place);
                return;
            case LoopOpcode.Relu:
                // The constant comes first: of a NaN and a number the machine takes the second.
                code.PushVector(0);
                body.Push(i.A, place);
                code.Call(v.MaxNative);
                return;
            case LoopOpcode.Step or LoopOpcode.Greater or LoopOpcode.Equal:
                body.PushMask(value, place);
                code.Call(v.One);
                code.Call(v.And);
                return;
            case LoopOpcode.Select:
                PushSelect(body, i, place);
                return;
            case LoopOpcode.Maximum or LoopOpcode.Minimum:
                PushExtreme(body, i, place);
                return;
            case LoopOpcode.Add:
                PushSum(body, i, place);
                return;
            case LoopOpcode.Subtract:
                PushDifference(body, i, place);
                return;
            case LoopOpcode.Multiply:
                body.Push(i.A, place);
                body.Push(i.B, place);
                code.Call(v.Multiply);
                return;
            case LoopOpcode.Divide:
                body.Push(i.A, place);
                body.Push(i.B, place);
                code.Call(v.Divide);
                return;
            default:
                throw new InvalidOperationException($"The loop compiler has no code for {i.Opcode}.");
        }
    }

    private static void PushSum(LoopBody body, LoopInstruction i, Place place)
    {
        if (body.TryPushFactors(i.A, place))
        {
            body.Push(i.B, place);
            body.Code.Call(body.Code.Vectors.Function("MultiplyAdd"));
        }
        else if (body.TryPushFactors(i.B, place))
        {
            body.Push(i.A, place);
            body.Code.Call(body.Code.Vectors.Function("MultiplyAdd"));
        }
        else
        {
            body.Push(i.A, place);
            body.Push(i.B, place);
            body.Code.Call(body.Code.Vectors.Add);
        }
    }

    private static void PushDifference(LoopBody body, LoopInstruction i, Place place)
    {
        if (body.TryPushFactors(i.A, place))
        {
            body.Push(i.B, place);
            body.Code.Call(body.Code.Vectors.Function("MultiplySubtract"));
        }
        else if (body.TryPushFactors(i.B, place))
        {
            body.Push(i.A, place);
            body.Code.Call(body.Code.Vectors.Function("NegatedMultiplyAdd"));
        }
        else
        {
            body.Push(i.A, place);
            body.Push(i.B, place);
            body.Code.Call(body.Code.Vectors.Subtract);
        }
    }

    private static void PushExtreme(LoopBody body, LoopInstruction i, Place place)
    {
        LoopCode code = body.Code;
        bool maximum = i.Opcode == LoopOpcode.Maximum;
        (int first, int second) = IsNumber(body, i.B) ? (i.B, i.A) : (i.A, i.B);
        body.Push(first, place);
        body.Push(second, place);
        if (IsNumber(body, first))
        {
            code.Call(maximum ? code.Vectors.MaxNative : code.Vectors.MinNative);
        }
        else
        {
            code.Call(code.Vectors.Function(i.Opcode.ToString()));
        }
    }

    private static bool IsNumber(LoopBody body, int value) =>
        body.Program.Instructions[value] is { Opcode: LoopOpcode.Constant, Value: var number } && !float.IsNaN(number);

    /// <summary>Leaves the outcome of a comparison on the stack as a mask.</summary>
    internal static void PushComparison(LoopBody body, int value, Place place)
    {
        LoopCode code = body.Code;
        LoopInstruction i = body.Program.Instructions[value];
        body.Push(i.A, place);
        if (i.Opcode == LoopOpcode.Step)
        {
            code.PushVector(0);
        }
        else
        {
            body.Push(i.B, place);
        }

        code.Call(i.Opcode == LoopOpcode.Equal ? code.Vectors.EqualTo : code.Vectors.GreaterThan);
    }

    private static void PushSelect(LoopBody body, LoopInstruction i, Place place)
    {
        LoopCode code = body.Code;
        if (!body.IsComparison(i.A))
        {
            body.Push(i.A, place);
            code.PushVector(0);
            code.Call(code.Vectors.EqualTo);
            body.Push(i.C, place);
            body.Push(i.B, place);
            code.Call(code.Vectors.Choose);
        }
        else if (body.Program.Instructions[i.C] is { Opcode: LoopOpcode.Constant, Value: 0 })
        {
            body.PushMask(i.A, place);
            body.Push(i.B, place);
            code.Call(code.Vectors.And);
        }
        else
        {
            body.PushMask(i.A, place);
            body.Push(i.B, place);
            body.Push(i.C, place);
            code.Call(code.Vectors.Choose);
        }
    }

    /// <summary>Small whole exponents and roots are exact chains of products; the rest goes through logarithms in double.</summary>
    private static void PushPower(LoopBody body, LoopInstruction i, Place place)
    {
        LoopCode code = body.Code;
        VectorInstructionSet v = code.Vectors;
        const float largestChain = 16;
        float magnitude = MathF.Abs(i.Value);
        bool chain = magnitude <= largestChain && magnitude == MathF.Floor(magnitude);
        if (i.Value < 0 && (chain || magnitude == 0.5f))
        {
            code.Call(v.One);
        }

        if (magnitude == 0.5f)
        {
            body.Push(i.A, place);
            code.Call(v.Sqrt);
        }
        else if (chain)
        {
            PushChain((int)magnitude);
        }
        else
        {
            body.Push(i.A, place);
            code.IL.Emit(OpCodes.Ldc_R4, i.Value);
            code.Call(v.Function("Power"));
            return;
        }

        if (i.Value < 0)
        {
            code.Call(v.Divide);
        }

        void PushChain(int exponent)
        {
            if (exponent == 0)
            {
                code.Call(v.One);
                return;
            }

            body.Push(i.A, place);
            LocalBuilder x = code.Keep();
            code.IL.Emit(OpCodes.Ldloc, x);
            for (int bit = 30 - int.LeadingZeroCount(exponent); bit >= 0; bit--)
            {
                code.IL.Emit(OpCodes.Dup);
                code.Call(v.Multiply);
                if (((exponent >> bit) & 1) != 0)
                {
                    code.IL.Emit(OpCodes.Ldloc, x);
                    code.Call(v.Multiply);
                }
            }

            code.Release(x);
        }
    }
}
