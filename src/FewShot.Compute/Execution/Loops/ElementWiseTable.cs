using System.Reflection;
using System.Reflection.Emit;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The element-wise operations that fused loops know: all that the loop compiler and the planner know of an operation is its row here. One
/// without a row runs by its definition, in a step of its own.
/// </summary>
internal static class ElementWiseTable
{
    private const int Cheap = 1;
    private const int Division = 3;
    private const int Transcendental = 13;

    private static readonly Dictionary<Type, ElementWiseRow> s_rows = new ElementWiseRow[]
    {
        Unary<Negate>(Cheap, x => x.Vectors.Negate),
        Unary<Absolute>(Cheap, x => x.Vectors.Absolute),
        Unary<Sign>(Cheap, x => x.Function(nameof(VectorFunctions<,,>.Sign))),
        Product<Square>(1, Cheap, PushTwice),
        // The constant comes first: of a NaN and a number the machine takes the second.
        Row<Relu>(1, Cheap, x => x.PushNumber(0).Push(0).Call(x.Vectors.MaxNative)),
        Comparison<Step>(1, Cheap, x => x.Push(0).PushNumber(0).Call(x.Vectors.GreaterThan)),
        Row<Add>(2, Cheap, PushSum),
        Row<Subtract>(2, Cheap, PushDifference),
        Product<Multiply>(2, Cheap, x => x.Push(0).Push(1)),
        Row<Maximum>(2, Cheap, x => PushExtreme(x, x.Vectors.MaxNative, x.Function(nameof(VectorFunctions<,,>.Maximum)))),
        Row<Minimum>(2, Cheap, x => PushExtreme(x, x.Vectors.MinNative, x.Function(nameof(VectorFunctions<,,>.Minimum)))),
        Comparison<Greater>(2, Cheap, x => x.Push(0).Push(1).Call(x.Vectors.GreaterThan)),
        Comparison<Equal>(2, Cheap, x => x.Push(0).Push(1).Call(x.Vectors.EqualTo)),
        Row<Select>(3, Cheap, PushSelect) with
        {
            ReadsMask = true,
        },
        Row<Divide>(2, Division, x => x.Push(0).Push(1).Call(x.Vectors.Divide)),
        Row<Reciprocal>(1, Division, x => x.Call(x.Vectors.One).Push(0).Call(x.Vectors.Divide)),
        Unary<Sqrt>(Division, x => x.Vectors.Sqrt),
        Row<ReciprocalSqrt>(1, Division, x => x.Call(x.Vectors.One).Push(0).Call(x.Vectors.Sqrt).Call(x.Vectors.Divide)),
        Unary<Exp>(Transcendental, x => x.Function(nameof(VectorFunctions<,,>.Exp))),
        Unary<Log>(Transcendental, x => x.Function(nameof(VectorFunctions<,,>.Log))),
        Unary<Tanh>(Transcendental, x => x.Function(nameof(VectorFunctions<,,>.Tanh))),
        Unary<Sigmoid>(Transcendental, x => x.Function(nameof(VectorFunctions<,,>.Sigmoid))),
        Unary<Softplus>(Transcendental, x => x.Function(nameof(VectorFunctions<,,>.Softplus))),
        Unary<Sine>(Transcendental, x => x.Vectors.Sine),
        Unary<Cosine>(Transcendental, x => x.Vectors.Cosine),
        Row<Power>(1, Transcendental, PushPower),
    }.ToDictionary(row => row.Operation);

    internal static IReadOnlyCollection<ElementWiseRow> Rows => s_rows.Values;

    /// <summary>Rough instructions an element, or null where the loops do not know the operation.</summary>
    internal static int? Cost(Operation operation) => s_rows.TryGetValue(operation.GetType(), out ElementWiseRow? row) ? row.Cost : null;

    internal static ElementWiseRow Of(Operation operation) => s_rows[operation.GetType()];

    /// <summary>Whether a row's code is long: the body of a loop has room for few of them.</summary>
    internal static bool IsLong(ElementWiseRow row) => row.Cost >= Transcendental;

    private static ElementWiseRow Row<T>(int arguments, int cost, Action<ElementWiseCode> push)
        where T : Operation => new(typeof(T), arguments, cost) { Push = push };

    /// <summary>The row of an operation that is one call of a method of its argument.</summary>
    private static ElementWiseRow Unary<T>(int cost, Func<ElementWiseCode, MethodInfo> method)
        where T : UnaryOperation => Row<T>(1, cost, x => x.Push(0).Call(method(x)));

    /// <summary>The row of a comparison: 1 where the mask says so, else 0.</summary>
    private static ElementWiseRow Comparison<T>(int arguments, int cost, Action<ElementWiseCode> pushMask)
        where T : Operation => new(typeof(T), arguments, cost) { PushMask = pushMask };

    /// <summary>The row of a product of two factors, which a sum may take in and round once.</summary>
    private static ElementWiseRow Product<T>(int arguments, int cost, Action<ElementWiseCode> pushFactors)
        where T : Operation => new(typeof(T), arguments, cost) { PushFactors = pushFactors };

    private static void PushTwice(ElementWiseCode x)
    {
        x.Push(0);
        x.IL.Emit(OpCodes.Dup);
    }

    private static void PushSum(ElementWiseCode x)
    {
        if (x.TryPushFactors(0))
        {
            x.Push(1).Call(x.Function(nameof(VectorFunctions<,,>.MultiplyAdd)));
        }
        else if (x.TryPushFactors(1))
        {
            x.Push(0).Call(x.Function(nameof(VectorFunctions<,,>.MultiplyAdd)));
        }
        else
        {
            x.Push(0).Push(1).Call(x.Vectors.Add);
        }
    }

    private static void PushDifference(ElementWiseCode x)
    {
        if (x.TryPushFactors(0))
        {
            x.Push(1).Call(x.Function(nameof(VectorFunctions<,,>.MultiplySubtract)));
        }
        else if (x.TryPushFactors(1))
        {
            x.Push(0).Call(x.Function(nameof(VectorFunctions<,,>.NegatedMultiplyAdd)));
        }
        else
        {
            x.Push(0).Push(1).Call(x.Vectors.Subtract);
        }
    }

    /// <summary>Beside a number, the machine's own instruction passes a NaN on, with the number first.</summary>
    private static void PushExtreme(ElementWiseCode x, MethodInfo native, MethodInfo whole)
    {
        (int first, int second) = x.IsNumber(1) ? (1, 0) : (0, 1);
        x.Push(first).Push(second).Call(x.IsNumber(first) ? native : whole);
    }

    private static void PushSelect(ElementWiseCode x)
    {
        if (!x.IsMask(0))
        {
            x.Push(0).PushNumber(0).Call(x.Vectors.EqualTo).Push(2).Push(1).Call(x.Vectors.Choose);
        }
        else if (x.IsZero(2))
        {
            x.PushMask(0).Push(1).Call(x.Vectors.And);
        }
        else
        {
            x.PushMask(0).Push(1).Push(2).Call(x.Vectors.Choose);
        }
    }

    /// <summary>
    /// Small whole exponents and roots are exact chains of products; the rest goes through logarithms in double. ±1/2 is the square root,
    /// which is NaN at −∞.
    /// </summary>
    private static void PushPower(ElementWiseCode x)
    {
        const float largestChain = 16;
        float exponent = (float)((Power)x.Operation).Exponent;
        float magnitude = MathF.Abs(exponent);
        bool chain = magnitude <= largestChain && magnitude == MathF.Floor(magnitude);
        if (exponent < 0 && (chain || magnitude == 0.5f))
        {
            x.Call(x.Vectors.One);
        }

        if (magnitude == 0.5f)
        {
            x.Push(0).Call(x.Vectors.Sqrt);
        }
        else if (chain)
        {
            PushChain(x, (int)magnitude);
        }
        else
        {
            x.Push(0);
            x.IL.Emit(OpCodes.Ldc_R4, exponent);
            x.Call(x.Function(nameof(VectorFunctions<,,>.Power)));
            return;
        }

        if (exponent < 0)
        {
            x.Call(x.Vectors.Divide);
        }
    }

    private static void PushChain(ElementWiseCode x, int exponent)
    {
        if (exponent == 0)
        {
            x.Call(x.Vectors.One);
            return;
        }

        LocalBuilder argument = x.Push(0).Keep();
        x.IL.Emit(OpCodes.Ldloc, argument);
        for (int bit = 30 - int.LeadingZeroCount(exponent); bit >= 0; bit--)
        {
            x.IL.Emit(OpCodes.Dup);
            x.Call(x.Vectors.Multiply);
            if (((exponent >> bit) & 1) != 0)
            {
                x.IL.Emit(OpCodes.Ldloc, argument);
                x.Call(x.Vectors.Multiply);
            }
        }

        x.Release(argument);
    }
}
