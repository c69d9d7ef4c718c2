using FewShot.Compute.Graphs;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>What depends on constants only is computed once, in double.</summary>
internal static class FoldConstants
{
    // Larger constants would cost more memory than they save time.
    private const int MaximumCount = 65536;

    public static unsafe Tensor? Apply(Rewrite rewrite)
    {
        if (
            rewrite.Inputs.Count == 0
            || rewrite.Node.Shape.Count > MaximumCount
            || !rewrite.Inputs.Any(input => input.Operation is Constant)
            || !rewrite.Inputs.All(input => input.Operation is Constant or Fill)
        )
        {
            return null;
        }

        double** operands = stackalloc double*[rewrite.Inputs.Count];
        double[][] values = new double[rewrite.Inputs.Count][];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = GC.AllocateUninitializedArray<double>(rewrite.Inputs[i].Shape.Count, pinned: true);
            rewrite.Inputs[i].Operation.Evaluate(new Operands<double>(null, []), values[i].AsSpan());
            operands[i] = (double*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref values[i][0]);
        }

        double[] result = new double[rewrite.Node.Shape.Count];
        rewrite.Operation.Evaluate(new Operands<double>(operands, rewrite.Inputs), result.AsSpan());
        GC.KeepAlive(values);
        return rewrite.Graph.Constant(result, rewrite.Node.Shape);
    }
}
