using System.Reflection;
using System.Reflection.Emit;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Execution.Loops;

/// <summary>Where the code of one element-wise value is written: what a row of <see cref="ElementWiseTable"/> is given.</summary>
/// <param name="body">The body of the loop.</param>
/// <param name="value">The index of the value among the instructions.</param>
/// <param name="place">Which of the value's vectors is written.</param>
internal readonly struct ElementWiseCode(LoopBody body, int value, Place place)
{
    /// <summary>The operation, for what it holds besides its arguments.</summary>
    internal Operation Operation => body.Program.Instructions[value].Operation!;

    internal VectorInstructionSet Vectors => body.Code.Vectors;

    internal ILGenerator IL => body.Code.IL;

    internal ElementWiseCode Push(int argument)
    {
        body.Push(body.Program.Argument(value, argument), place);
        return this;
    }

    internal ElementWiseCode PushMask(int argument)
    {
        body.PushMask(body.Program.Argument(value, argument), place);
        return this;
    }

    internal ElementWiseCode PushNumber(float number)
    {
        body.Code.PushVector(number);
        return this;
    }

    internal ElementWiseCode Call(MethodInfo method)
    {
        body.Code.Call(method);
        return this;
    }

    internal MethodInfo Function(string name) => Vectors.Function(name);

    internal LocalBuilder Keep() => body.Code.Keep();

    internal void Release(LocalBuilder vector) => body.Code.Release(vector);

    /// <summary>If an argument is a product that nothing else reads, pushes its factors and reports so.</summary>
    internal bool TryPushFactors(int argument) => body.TryPushFactors(body.Program.Argument(value, argument), place);

    internal bool IsMask(int argument) => body.IsComparison(body.Program.Argument(value, argument));

    internal bool IsNumber(int argument) => Number(argument) is { } number && !float.IsNaN(number);

    internal bool IsZero(int argument) => Number(argument) is 0;

    private float? Number(int argument) =>
        body.Program.Instructions[body.Program.Argument(value, argument)] is { Opcode: LoopOpcode.Constant, Value: var number }
            ? number
            : null;
}
