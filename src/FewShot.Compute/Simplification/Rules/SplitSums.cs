using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// Deviations from a mean sum to zero. The sum of a sum is split where each part's sum is known already or zero: the gradient of a
/// normalisation then needs no pass of its own to be centred.
/// </summary>
internal static class SplitSums
{
    public static Tensor? Apply(Rewrite rewrite)
    {
        if (rewrite.Operation is not Sum sum)
        {
            return null;
        }

        Tensor x = rewrite.Inputs[0];
        if (IsDeviation(x, sum))
        {
            return rewrite.Graph.Fill(0, rewrite.Node.Shape);
        }

        if (x.Operation is not (Add or Subtract))
        {
            return null;
        }

        int known = rewrite.Graph.Nodes.Count;
        Tensor split = Split(x, sum);
        for (int id = known; id < rewrite.Graph.Nodes.Count; id++)
        {
            Tensor made = rewrite.Graph.Nodes[id];
            if (made.Operation is Sum part && !IsDeviation(made.Inputs[0], part))
            {
                return null;
            }
        }

        return split;
    }

    private static Tensor Split(Tensor x, Sum sum) =>
        x.Operation switch
        {
            Add => Split(x.Inputs[0], sum) + Split(x.Inputs[1], sum),
            Subtract => Split(x.Inputs[0], sum) - Split(x.Inputs[1], sum),
            _ => x.Sum([.. sum.Axes]),
        };

    /// <summary>Whether a tensor is x − mean(x), with the mean over the axes that are summed.</summary>
    private static bool IsDeviation(Tensor tensor, Sum sum)
    {
        if (tensor.Operation is not Subtract || Rewrite.Repeated(tensor.Inputs[1]) is not { } mean)
        {
            return false;
        }

        Tensor x = tensor.Inputs[0];
        int[] strides = BroadcastTo.SourceStrides(mean.Shape, x.Shape);
        for (int axis = 0; axis < x.Shape.Rank; axis++)
        {
            if (x.Shape[axis] > 1 && (strides[axis] == 0) != sum.Axes.Contains(axis))
            {
                return false;
            }
        }

        mean = Unshaped(mean);
        return mean.Operation is Multiply
            && mean.Inputs[0].Operation is Fill scale
            && Unshaped(mean.Inputs[1]) is { Operation: Sum of } total
            && of.Equals(sum)
            && total.Inputs[0] == x
            && Math.Abs((scale.Value * x.Shape.Count / mean.Shape.Count) - 1) < 1e-12;
    }

    private static Tensor Unshaped(Tensor tensor)
    {
        while (tensor.Operation is Reshape)
        {
            tensor = tensor.Inputs[0];
        }

        return tensor;
    }
}
