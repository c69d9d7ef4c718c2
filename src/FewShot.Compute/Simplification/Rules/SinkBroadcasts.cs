using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// Element-wise work on repeated values is done before they are repeated; what is repeated has no leading axes of extent 1.
/// </summary>
internal static class SinkBroadcasts
{
    public static Tensor? Apply(Rewrite rewrite) =>
        rewrite.Operation switch
        {
            BroadcastTo => Canonical(rewrite),
            UnaryOperation or BinaryOperation or Select => BeforeRepeating(rewrite),
            _ => null,
        };

    /// <summary>The one form of a repetition, so that equal ones are one node.</summary>
    private static Tensor? Canonical(Rewrite rewrite)
    {
        Tensor source = rewrite.Inputs[0];
        if (
            source.Operation is Reshape
            && source.Inputs[0].Shape.Count == source.Shape.Count
            && source.Shape.Count == 1
            && source.Shape.Rank > 0
        )
        {
            return source.Reshape(Shape.Scalar).BroadcastTo(rewrite.Node.Shape);
        }

        int leading = 0;
        while (leading < source.Shape.Rank && source.Shape[leading] == 1)
        {
            leading++;
        }

        return leading == 0 ? null : source.Reshape(new Shape(source.Shape.Extents[leading..])).BroadcastTo(rewrite.Node.Shape);
    }

    private static Tensor? BeforeRepeating(Rewrite rewrite)
    {
        Shape? small = null;
        foreach (Tensor input in rewrite.Inputs)
        {
            if (input.Operation is Fill)
            {
                continue;
            }

            if (Rewrite.Repeated(input) is not { } source)
            {
                return null;
            }

            Shape? both = small is null ? source.Shape : Shape.Broadcast(small, source.Shape);

            // A row and a column together are as large as their result.
            if (both is null || (small is not null && both.Count > Math.Max(small.Count, source.Shape.Count)))
            {
                return null;
            }

            small = both;
        }

        if (small is null)
        {
            return null;
        }

        IEnumerable<Tensor> inputs = rewrite.Inputs.Select(input =>
            input.Operation is Fill fill ? rewrite.Graph.Fill(fill.Value, small) : Rewrite.Repeated(input)!.BroadcastTo(small)
        );
        return rewrite.Graph.Apply(rewrite.Operation, [.. inputs]).BroadcastTo(rewrite.Node.Shape);
    }
}
